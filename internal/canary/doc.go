// Package canary holds the tests that no card, key, secret or token is shown: values
// are planted in every place, and looked for in every text that the client writes.
package canary
