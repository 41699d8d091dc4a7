// Package wire tests what is sent and read, as literal text: each request as it is
// sent, and answers as iamport writes them.
package wire
