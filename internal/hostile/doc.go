// Package hostile tests the client against servers that send endless answers, invalid
// answers, or more than fits into memory.
package hostile
