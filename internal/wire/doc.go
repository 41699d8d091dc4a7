// Package wire holds the tests of what is sent and read, as literal text: each request
// as it leaves, and answers as iamport writes them.
package wire
