// Helps with the query while it is typed.
