// Package canary tests that no card, key, secret or token is printed: it puts known
// values in every place, and searches for them in every text that the client writes.
package canary
