// Package faulttest holds only tests: they charge through connections that fail in
// every way, and compare the results with the books of the server. It is a separate
// module, so that importers of iamport do not get its dependencies.
package faulttest
