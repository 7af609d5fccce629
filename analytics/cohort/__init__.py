"""The changes that estimates are made from: columns, groups, filters, histories, and the working calendar."""
