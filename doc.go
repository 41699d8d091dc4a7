// Package iamport placeholder.
package iamport

// Version is the version of this package, sent in the User-Agent header.
const Version = "0.1.0"
