package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func TestReadOrders(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer()
	orders, err := readOrders([]byte("\ufeffcustomer_uid,merchant_uid,amount,name\r\n"+
		"customer_1,order_1,3000,\"July, all of it\"\r\n"+
		"customer_1,order_2,12345678901,\r\n"), clientOf(t, srv))
	require.NoError(t, err)
	require.Equal(t, []order{
		{customerUID: "customer_1", merchantUID: "order_1", amount: iamport.KRW(3000), name: "July, all of it"},
		{customerUID: "customer_1", merchantUID: "order_2", amount: iamport.KRW(12345678901)},
	}, orders)
	require.Empty(t, srv.Requests())
}

func TestReadOrdersRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, want string }{
		"no rows":               {"", "no orders"},
		"a missing field":       {"customer_2,order_2,3000\n", "line 3: 3 fields, want 4"},
		"a broken quote":        {"customer_2,\"order_2,3000,July\n", "line 3"},
		"no customer":           {",order_2,3000,July\n", "line 3: iamport: EnsurePaid: CustomerUID is required"},
		"no order number":       {"customer_2,,3000,July\n", "line 3: iamport: EnsurePaid: MerchantUID is required"},
		"a long order number":   {"customer_2," + strings.Repeat("o", 41) + ",3000,July\n", "line 3: iamport: EnsurePaid: MerchantUID must be at most 40 characters, not 41"},
		"two faults at once":    {",,3000,July\n", "line 3: iamport: EnsurePaid: CustomerUID is required; MerchantUID is required"},
		"no amount":             {"customer_2,order_2,,July\n", "line 3: amount \"\", want whole won"},
		"an amount of 0":        {"customer_2,order_2,0,July\n", "line 3: iamport: EnsurePaid: Amount must be more than 0"},
		"a negative amount":     {"customer_2,order_2,-3000,July\n", "line 3: amount \"-3000\", want whole won"},
		"a rounded amount":      {"customer_2,order_2,1.2E+05,July\n", "line 3: amount \"1.2E+05\", want whole won"},
		"an exponent":           {"customer_2,order_2,12e4,July\n", "line 3: amount \"12e4\", want whole won"},
		"a fraction of nothing": {"customer_2,order_2,3000.0,July\n", "line 3: amount \"3000.0\", want whole won"},
		"thousands separators":  {"customer_2,order_2,\"3,000\",July\n", "line 3: amount \"3,000\", want whole won"},
		"part of a won":         {"customer_2,order_2,3000.5,July\n", "line 3: amount \"3000.5\", want whole won"},
		"a merchant_uid twice":  {"customer_2,order_2,3000,July\ncustomer_3,order_1,3000,July\n", "line 4: merchant_uid \"order_1\" is in line 2 already"},
		"a space at the end":    {"customer_2,order_1 ,3000,July\n", "line 3: merchant_uid begins or ends with space"},
		"a line break in an id": {"customer_2,\"order\n2\",3000,July\n", "line 3: merchant_uid begins or ends with space, or holds a control character"},
		"a line after one such": {"customer_2,order_2,3000,\"Ju\nly\"\ncustomer_3,order_3,x,July\n", "line 5: amount"},
		"CP949 as Excel writes": {"customer_2,order_2,3000,\xb1\xb8\xb5\xb6\n", "CSV UTF-8"},
		"a name not in EUC-KR":  {"customer_2,order_2,3000,July 🎉\n", "line 3: iamport: EnsurePaid: Name must not hold a character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := iamporttest.NewServer()
			text := "customer_uid,merchant_uid,amount,name\n"
			if c.rows != "" {
				text += "customer_1,order_1,3000,July\n" + c.rows
			}
			_, err := readOrders([]byte(text), clientOf(t, srv, iamport.WithPG(iamport.PGDaou)))
			require.ErrorContains(t, err, c.want)
			require.Empty(t, srv.Requests())
		})
	}
}

func TestReadOrdersNamesEveryBadLine(t *testing.T) {
	t.Parallel()
	_, err := readOrders([]byte("customer_uid,merchant_uid,amount,name\nc,order_1,x,\nc,order_2,3000,\nc,order_3,y,\n"),
		clientOf(t, iamporttest.NewServer()))
	require.EqualError(t, err, "line 2: amount \"x\", want whole won such as 3000\nline 4: amount \"y\", want whole won such as 3000")

	_, err = readOrders([]byte("customer_uid,merchant_uid,amount,name\n"+strings.Repeat("c,,3000,\n", 25)), clientOf(t, iamporttest.NewServer()))
	require.ErrorContains(t, err, "line 21:")
	require.NotContains(t, err.Error(), "line 22:")
	require.ErrorContains(t, err, "and 5 more bad lines")

	_, err = readOrders([]byte("merchant_uid,customer_uid,amount,name\norder_1,c,3000,\n"), clientOf(t, iamporttest.NewServer()))
	require.EqualError(t, err, "line 1: want the header customer_uid,merchant_uid,amount,name")
}

func clientOf(t *testing.T, srv *iamporttest.Server, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, append(opts, iamport.WithHTTPClient(srv.Client()))...)
	require.NoError(t, err)
	return client
}
