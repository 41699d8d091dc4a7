// Package faulttest holds nothing but tests: charges through connections that
// fail in every way, held against the books of the server. It is a module of its
// own, so that what breaks connections here costs an importer of iamport nothing.
package faulttest
