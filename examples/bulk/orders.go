package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/iamport-go/iamport"
)

// maxProblems is the maximum number of invalid rows shown; further ones are only
// counted.
const maxProblems = 20

var ordersHeader = []string{"customer_uid", "merchant_uid", "amount", "name"}

//go:embed demo.csv
var demoOrders []byte

// order is one row of the orders file.
type order struct {
	customerUID, merchantUID, name string
	amount                         iamport.Amount
}

// request returns the same request every time, as EnsurePaid requires.
func (o order) request() iamport.AgainRequest {
	return iamport.AgainRequest{CustomerUID: o.customerUID, MerchantUID: o.merchantUID, Amount: o.amount, Name: o.name}
}

// loadOrders reads the file, or the demo orders without one.
func loadOrders(path string, s *shop) ([]order, error) {
	if path == "" {
		if s.sandbox == nil {
			return nil, errors.New("-orders is missing")
		}
		return readOrders(demoOrders, s.client)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	orders, err := readOrders(data, s.client)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return orders, nil
}

// readOrders returns all orders, or an error with the line of every invalid one.
func readOrders(data []byte, client *iamport.Client) ([]order, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // Excel begins its UTF-8 files with it
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8 text: in Excel, save as \"CSV UTF-8\"")
	}
	var orders []order
	var problems []error
	lines := map[string]int{} // merchant_uid -> line
	rows := csv.NewReader(bytes.NewReader(data))
	for first := true; ; first = false {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, csv.ErrFieldCount) {
			problems = append(problems, err) // rows after a broken quote cannot be separated
			break
		}
		if first {
			if strings.Join(fields, ",") != strings.Join(ordersHeader, ",") {
				return nil, fmt.Errorf("line 1: want the header %s", strings.Join(ordersHeader, ","))
			}
			continue
		}
		line, _ := rows.FieldPos(0)
		o, err := parseOrder(fields, client)
		if earlier := lines[o.merchantUID]; err == nil && earlier > 0 {
			err = fmt.Errorf("merchant_uid %q is in line %d already", o.merchantUID, earlier)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		lines[o.merchantUID] = line
		orders = append(orders, o)
	}
	if len(problems) > maxProblems {
		rest := fmt.Errorf("and %d more bad lines", len(problems)-maxProblems)
		problems = append(problems[:maxProblems], rest)
	}
	if len(problems) == 0 && len(orders) == 0 {
		return nil, errors.New("no orders")
	}
	return orders, errors.Join(problems...)
}

func parseOrder(fields []string, client *iamport.Client) (order, error) {
	if len(fields) != len(ordersHeader) {
		return order{}, fmt.Errorf("%d fields, want %d", len(fields), len(ordersHeader))
	}
	for i, field := range fields {
		// "order_1" and "order_1 " would be two orders, and one customer charged twice.
		if strings.TrimSpace(field) != field || strings.ContainsFunc(field, unicode.IsControl) {
			return order{}, fmt.Errorf("%s begins or ends with space, or holds a control character", ordersHeader[i])
		}
	}
	// A spreadsheet writes 120000 as 1.2E+05, and may have rounded it before.
	amount, err := iamport.ParseAmount(fields[2])
	if err != nil || strings.Trim(fields[2], "0123456789") != "" {
		return order{}, fmt.Errorf("amount %q, want whole won such as 3000", fields[2])
	}
	o := order{customerUID: fields[0], merchantUID: fields[1], amount: amount, name: fields[3]}
	return o, checkRequest(client, o.request())
}

// checkRequest lets the client check a request without sending it: with an ended
// context it only checks.
func checkRequest(client *iamport.Client, r iamport.AgainRequest) error {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := client.EnsurePaid(over, r)
	if _, invalid := errors.AsType[*iamport.InvalidRequestError](err); !invalid {
		return nil
	}
	return err
}
