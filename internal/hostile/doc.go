// Package hostile holds the tests of the client against servers that answer anything:
// without end, without sense, or with more than fits into memory.
package hostile
