// Package money holds the tests of the money rules: what the client says of a charge
// or a refund, compared with the books of an unhelpful server.
package money
