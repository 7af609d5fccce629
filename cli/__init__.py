"""The `headway` program: parse arguments, call the library, print."""
# Part of Headway.
