"""What is around every page: filters, navigation, sign-in."""
