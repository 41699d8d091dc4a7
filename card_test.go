package iamport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// dummyCard is the card of the API's own samples. Its number has no valid check digit
// and its month is in the past: neither is refused.
var dummyCard = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2019-01"}

// cardCalls are the calls that take a card.
var cardCalls = map[string]func(context.Context, *iamport.Client, iamport.Card) error{
	"Onetime": func(ctx context.Context, c *iamport.Client, card iamport.Card) error {
		_, err := c.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: "m-1", Amount: iamport.KRW(1000), Card: card})
		return err
	},
	"RegisterCustomer": func(ctx context.Context, c *iamport.Client, card iamport.Card) error {
		_, err := c.RegisterCustomer(ctx, "c-1", iamport.RegisterCustomerRequest{Card: card})
		return err
	},
}

// sentCard makes each call that takes a card and returns the request bodies.
func sentCard(t *testing.T, card iamport.Card) []map[string]any {
	t.Helper()
	var bodies []map[string]any
	client := clienttest.NewClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		answer := `{"code":0,"message":null,"response":{"imp_uid":"imps_1","merchant_uid":"m-1","customer_uid":"c-1","amount":1000,"status":"paid"}}`
		if r.URL.Path == "/users/getToken" {
			return httpmock.NewStringResponse(200, clienttest.SignInJSON), nil
		}
		data, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		var body map[string]any
		require.NoError(t, json.Unmarshal(data, &body))
		bodies = append(bodies, body)
		return httpmock.NewStringResponse(200, answer), nil
	}))
	for name, do := range cardCalls {
		require.NoError(t, do(t.Context(), client, card), name)
	}
	require.Len(t, bodies, len(cardCalls))
	return bodies
}

func TestCardIsSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		card iamport.Card
		want map[string]string // the members of the body; "" for a missing member
	}{
		{"16 digits", iamport.Card{Number: "1234123412341234"}, map[string]string{"card_number": "1234-1234-1234-1234"}},
		{"16 with hyphens", iamport.Card{Number: "1234-1234-1234-1234"}, map[string]string{"card_number": "1234-1234-1234-1234"}},
		{"16 with spaces", iamport.Card{Number: "1234 1234 1234 1234"}, map[string]string{"card_number": "1234-1234-1234-1234"}},
		{"16 in odd groups", iamport.Card{Number: " 12-34123412 341234 "}, map[string]string{"card_number": "1234-1234-1234-1234"}},
		{"15 digits", iamport.Card{Number: "123412341234123"}, map[string]string{"card_number": "123412341234123"}},
		{"15 with hyphens", iamport.Card{Number: "1234-123412-34123"}, map[string]string{"card_number": "123412341234123"}},
		{"15 with spaces", iamport.Card{Number: "1234 123412 34123"}, map[string]string{"card_number": "123412341234123"}},
		{"14 digits", iamport.Card{Number: "12341234123412"}, map[string]string{"card_number": "12341234123412"}},
		{"14 with hyphens", iamport.Card{Number: "1234-123412-3412"}, map[string]string{"card_number": "12341234123412"}},
		{"14 with spaces", iamport.Card{Number: "1234 123412 3412"}, map[string]string{"card_number": "12341234123412"}},
		{"a month in the past", iamport.Card{Expiry: "2019-01"}, map[string]string{"expiry": "2019-01"}},
		{"december", iamport.Card{Expiry: "2099-12"}, map[string]string{"expiry": "2099-12"}},
		{"nothing optional", iamport.Card{}, map[string]string{"birth": "", "pwd_2digit": "", "cvc": ""}},
		{"birth", iamport.Card{Birth: "820213"}, map[string]string{"birth": "820213"}},
		{"birth from 2000 on", iamport.Card{Birth: "000101"}, map[string]string{"birth": "000101"}},
		{"business registration", iamport.Card{Birth: "0123456789"}, map[string]string{"birth": "0123456789"}},
		{"password", iamport.Card{Pwd2Digit: "00"}, map[string]string{"pwd_2digit": "00"}},
		{"cvc of 3", iamport.Card{CVC: "012"}, map[string]string{"cvc": "012"}},
		{"cvc of 4", iamport.Card{CVC: "0123"}, map[string]string{"cvc": "0123"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			card := c.card
			if card.Number == "" {
				card.Number = dummyCard.Number
			}
			if card.Expiry == "" {
				card.Expiry = dummyCard.Expiry
			}
			for _, body := range sentCard(t, card) {
				for member, want := range c.want {
					if want == "" {
						require.NotContains(t, body, member)
						continue
					}
					require.Equal(t, want, body[member], member)
				}
			}
		})
	}
}

func TestCardIsRefused(t *testing.T) {
	t.Parallel()
	const (
		number, expiry, birth, password, cvc = "Card.Number", "Card.Expiry", "Card.Birth", "Card.Pwd2Digit", "Card.CVC"
	)
	for field, cards := range map[string][]iamport.Card{
		number: {
			{Number: ""}, {Number: "-"}, {Number: "    "},
			{Number: "1234123412341"}, {Number: "1234-1234-1234-1"}, {Number: "12341234123412341"}, {Number: "1234-1234-1234-1234-1"},
			{Number: "1234-1234-1234-123x"}, {Number: "abcdefghijklmnop"}, {Number: "1234.1234.1234.1234"}, {Number: "1234\t123412341234"},
			{Number: "1234/1234/1234/1234"}, {Number: "+123412341234123"}, {Number: "１２３４123412341234"}, {Number: "1234123412341234\x00"},
			{Number: "1234123412341234\n"}, {Number: strings.Repeat("1234", 1000)},
		},
		expiry: {
			{Expiry: ""}, {Expiry: "2030-13"}, {Expiry: "2030-00"}, {Expiry: "2031-1"}, {Expiry: "12/30"}, {Expiry: "203012"},
			{Expiry: "31-12"}, {Expiry: "2030/12"}, {Expiry: "2030-12-01"}, {Expiry: " 2031-12"}, {Expiry: "2031-12 "}, {Expiry: "20a0-12"},
			{Expiry: "2030-1x"}, {Expiry: "2030–12"}, {Expiry: "-030-12"}, {Expiry: "2030-+1"},
		},
		birth: {
			{Birth: "82021"}, {Birth: "8202131"}, {Birth: "19820213"}, {Birth: "012345678"}, {Birth: "01234567890"}, {Birth: "82-02-13"},
			{Birth: "82021x"}, {Birth: "012-34-567"}, {Birth: "１２"}, {Birth: " 82021"},
		},
		password: {{Pwd2Digit: "0"}, {Pwd2Digit: "000"}, {Pwd2Digit: "0000"}, {Pwd2Digit: "ab"}, {Pwd2Digit: " 0"}, {Pwd2Digit: "é"}},
		cvc:      {{CVC: "1"}, {CVC: "12"}, {CVC: "12345"}, {CVC: "abc"}, {CVC: "12x4"}, {CVC: "12 "}, {CVC: "１"}},
	} {
		for _, bad := range cards {
			card := dummyCard
			value := map[string]string{number: bad.Number, expiry: bad.Expiry, birth: bad.Birth, password: bad.Pwd2Digit, cvc: bad.CVC}[field]
			*map[string]*string{
				number: &card.Number, expiry: &card.Expiry, birth: &card.Birth, password: &card.Pwd2Digit, cvc: &card.CVC,
			}[field] = value
			for op, do := range cardCalls {
				err := do(t.Context(), clienttest.NewClient(t, clienttest.NoCall(t)), card)
				require.ErrorIs(t, err, iamport.ErrNotCharged, "%s %q", field, value)
				found := clienttest.Invalid(t, err)
				require.Len(t, found, 1, "%s %q: %v", field, value, err)
				require.Contains(t, found, field)
				require.Equal(t, op, clienttest.InvalidRequest(t, err).Op)
				if len(value) > 2 { // "0" and "12" are also in other texts
					require.NotContains(t, err.Error(), value)
				}
			}
		}
	}
}

func TestCardProblemsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	card := iamport.Card{Number: "1234-xxxx", Expiry: "99/98", Birth: "qqqqqq", Pwd2Digit: "zz", CVC: "vvv"}
	for op, do := range cardCalls {
		err := do(t.Context(), clienttest.NewClient(t, clienttest.NoCall(t)), card)
		require.ErrorIs(t, err, iamport.ErrNotCharged, op)
		found := clienttest.Invalid(t, err)
		require.Len(t, found, 5, op)
		for _, field := range []string{"Card.Number", "Card.Expiry", "Card.Birth", "Card.Pwd2Digit", "Card.CVC"} {
			require.Contains(t, found, field)
		}
		for _, value := range []string{"1234-xxxx", "xxxx", "99/98", "qqqqqq", "zz", "vvv"} {
			require.NotContains(t, err.Error(), value, op)
		}
	}
	// Together with problems of other fields.
	_, err := clienttest.NewClient(t, clienttest.NoCall(t)).Onetime(t.Context(), iamport.OnetimeRequest{Card: card, MerchantUID: strings.Repeat("m", 41)})
	require.Len(t, clienttest.Invalid(t, err), 7, "%v", err)
}

func TestParseExpiry(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"12/30", "1230", "12/2030", "2030-12", "203012", "2030/12", "2030.12", "2030 12",
		"12-30", "12.30", "12 30", " 12 / 30 ", "12 /2030", "12/ 30",
	} {
		expiry, err := iamport.ParseExpiry(text)
		require.NoError(t, err, text)
		require.Equal(t, "2030-12", expiry, text)
		require.NoError(t, iamport.Card{Number: dummyCard.Number, Expiry: expiry}.Validate())
	}
	for text, want := range map[string]string{"1/30": "2030-01", "2030-9": "2030-09", "0127": "2027-01", "12/00": "2000-12", "01/99": "2099-01"} {
		expiry, err := iamport.ParseExpiry(text)
		require.NoError(t, err, text)
		require.Equal(t, want, expiry)
	}
	for _, text := range []string{
		"", " ", "/", "12", "12/", "/30", "13/30", "00/30", "1330", "130", "12/3", "12/030", "122030", "201230", "1930-12",
		"3030-12", "2030-13", "2030-12-31", "12//30", "12/30/", "ab/cd", "１２/３０", "20301", "2030121", "12/30x", "-12/30", "١٢/٣٠",
	} {
		expiry, err := iamport.ParseExpiry(text)
		require.EqualError(t, err, "iamport: card expiry: it must be a month and a year, such as 12/30 or 2030-12", "%q", text)
		require.Empty(t, expiry)
	}
}

func TestMaskedShowsFourDigits(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"1234-1234-1234-5678": "****-****-****-5678",
		"1234123412345678":    "****-****-****-5678",
		"1234 123412 12345":   "***********2345",
		"12341212341234":      "**********1234",
		"":                    "****",
		"1234":                "****",
		"1234567890123":       "****",
		"12345678901234567":   "****",
		"1234-1234-1234-567x": "****",
	} {
		require.Equal(t, want, iamport.Card{Number: number}.Masked(), number)
	}
}

func TestValidateOfACard(t *testing.T) {
	t.Parallel()
	require.NoError(t, dummyCard.Validate())
	err := iamport.Card{Number: "12", Expiry: "12/30", Birth: "82-02-13", Pwd2Digit: "0", CVC: "12"}.Validate()
	invalid, ok := errors.AsType[*iamport.InvalidRequestError](err)
	require.True(t, ok)
	var fields []string
	for _, field := range invalid.Fields {
		fields = append(fields, field.Field)
	}
	require.Equal(t, []string{"Card.Number", "Card.Expiry", "Card.Birth", "Card.Pwd2Digit", "Card.CVC"}, fields)
	require.Equal(t, "Card.Validate", invalid.Op)
	require.NotContains(t, err.Error(), "82-02-13")
	require.Error(t, iamport.Card{}.Validate())
}
