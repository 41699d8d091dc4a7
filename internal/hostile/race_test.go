//go:build race

package hostile_test

// raced reports that the race detector runs, which makes decoding ten times as slow.
const raced = true
