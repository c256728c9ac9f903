package api

// Roles shows the table to tests.
func Roles(operation string) []string { return texts(roles(operation)) }
