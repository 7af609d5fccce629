"""One file a page: title, one call to `analytics` a question, and a sentence for where there is nothing."""
