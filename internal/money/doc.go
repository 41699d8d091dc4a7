// Package money tests the money rules: the results of charges and refunds, compared
// with the books of a server that simulates unfavourable cases.
package money
