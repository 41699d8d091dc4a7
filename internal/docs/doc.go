// Package docs tests the guides: their Go code compiles and runs, and both languages
// say the same.
package docs
