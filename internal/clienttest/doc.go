// Package clienttest makes clients whose server is a function, for the suites of this
// module. No package of a user's program imports it.
package clienttest
