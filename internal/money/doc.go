// Package money tests the money rules: the results of charges and refunds, compared
// with the books of a server with undocumented behaviour.
package money
