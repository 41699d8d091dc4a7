package canary_test

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// canary is in every secret of these tests, so that looking for it finds any part
// of any of them.
const canary = "planted"

var canaryCard = iamport.Card{
	Number: "planted-number", Expiry: "planted-expiry", Birth: "planted-birth", Pwd2Digit: "planted-pwd", CVC: "planted-cvc",
}

// forms returns secrets in each spelling that a printer may give them.
func forms(secrets ...string) (all []string) {
	for _, secret := range secrets {
		for _, form := range []string{
			secret, fmt.Sprintf("%x", secret), fmt.Sprintf("% x", secret), fmt.Sprintf("%# x", secret),
			strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"), base64.StdEncoding.EncodeToString([]byte(secret)),
		} {
			all = append(all, strings.ToLower(form))
		}
	}
	return all
}

var canaryForms = forms(canary)

// shown returns the forms that are in output.
func shown(output string, forms []string) (found []string) {
	output = strings.ToLower(output)
	for _, form := range forms {
		if strings.Contains(output, form) {
			found = append(found, form)
		}
	}
	return found
}

// printed calls visit with the text of v from every printer and encoder.
func printed(v any, verbs string, visit func(printer, output string)) {
	for _, verb := range verbs {
		for _, flags := range []string{"", "+", "#", " ", "+#", "# ", "-040.100"} {
			format := "%" + flags + string(verb)
			visit(format, fmt.Sprintf(format, v, v)) // the second one is %!(EXTRA ...)
		}
		visit("Errorf "+string(verb), fmt.Errorf("x %"+string(verb), v).Error())
	}
	visit("Sprint", fmt.Sprint(v))
	visit("Sprintln", fmt.Sprintln("x", v))

	encode := func(printer string, marshal func() ([]byte, error)) {
		defer func() {
			if r := recover(); r != nil { // yaml panics on what it cannot encode
				visit(printer+" panic", fmt.Sprint(r))
			}
		}()
		data, err := marshal()
		visit(printer, string(data))
		visit(printer+" error", fmt.Sprint(err))
	}
	encode("json", func() ([]byte, error) { return json.Marshal(v) })
	encode("xml", func() ([]byte, error) { return xml.Marshal(v) })
	encode("yaml", func() ([]byte, error) { return yaml.Marshal(v) })
	encode("gob", func() ([]byte, error) {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(v)
		return b.Bytes(), err
	})
	if m, ok := v.(encoding.TextMarshaler); ok {
		encode("text", m.MarshalText)
	}
	if m, ok := v.(encoding.BinaryMarshaler); ok {
		encode("binary", m.MarshalBinary)
	}
	if m, ok := v.(interface{ MarshalBSON() ([]byte, error) }); ok {
		encode("bson", m.MarshalBSON)
	}
	var b bytes.Buffer
	for printer, handler := range map[string]slog.Handler{"slog text": slog.NewTextHandler(&b, nil), "slog json": slog.NewJSONHandler(&b, nil)} {
		log := slog.New(handler)
		log.Info("m", "v", v)
		log.With("v", v).WithGroup("g").Info("m", slog.Group("g", slog.Any("v", v)), "list", []any{v}, "struct", struct{ V any }{v})
		visit(printer, b.String())
		b.Reset()
	}
}

// shapes are the places in which a user keeps a value.
func shapes[T any](v T) []any {
	type exported struct{ V T }
	type pointer struct{ V *T }
	type embedded struct {
		Note string
		Deep struct{ List []exported }
	}
	deep := embedded{Note: "n"}
	deep.Deep.List = []exported{{v}}
	return []any{
		v, &v, exported{v}, &exported{v}, pointer{&v}, []T{v}, []*T{&v}, [1]T{v}, map[string]T{"k": v}, map[string]*T{"k": &v},
		map[string]any{"k": v}, []any{v, &v}, deep, []exported{{v}}, map[int][]T{1: {v}}, struct{ V any }{&v},
	}
}

// verbs are the verbs that call the methods of a value. %p and %w do not: fmt prints
// a value that is not a pointer, or not an error, by reflection without its methods,
// which no type can prevent. go vet refuses such code.
const verbs = "vsqxXdtTeEfFgGbBocOUiz!"

func TestCardsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	var values []any
	values = append(values, shapes(canaryCard)...)
	values = append(values, map[iamport.Card]string{canaryCard: "x"}, struct{ iamport.Card }{canaryCard})
	values = append(values, shapes(iamport.OnetimeRequest{MerchantUID: "m-1", Amount: iamport.KRW(1000), Card: canaryCard})...)
	values = append(values, shapes(iamport.RegisterCustomerRequest{Card: canaryCard, CustomerName: "n"})...)
	for _, v := range values {
		printed(v, verbs, func(printer, output string) {
			require.Empty(t, shown(output, canaryForms), "%s of %T: %s", printer, v, output)
		})
		expectedAndActual, _, _ := strings.Cut(failureOf(v, nil), "Diff:")
		require.Empty(t, shown(expectedAndActual, canaryForms), "testify of %T", v)
	}
	for _, v := range []any{&canaryCard, &iamport.OnetimeRequest{Card: canaryCard}, &iamport.RegisterCustomerRequest{Card: canaryCard}} {
		require.Empty(t, shown(fmt.Sprintf("%p", v), canaryForms), "%T", v)
	}
	// The placeholder must be there: an empty text would pass too.
	require.Equal(t, "[card]", fmt.Sprintf("%v", canaryCard))
	require.Equal(t, "[card]", fmt.Sprintf("%#v", &canaryCard))
	require.Contains(t, fmt.Sprintf("%+v", iamport.OnetimeRequest{MerchantUID: "m-1", Card: canaryCard}), "MerchantUID:m-1")
	require.Contains(t, fmt.Sprintf("%+v", iamport.OnetimeRequest{Secure3DToken: canary}), "[card]")
	require.NotContains(t, fmt.Sprintf("%+v %#v", iamport.OnetimeRequest{Secure3DToken: canary}, &iamport.OnetimeRequest{Secure3DToken: canary}), canary)
}

// failureOf returns what testify prints when v is not what was expected.
func failureOf(v, expected any) string {
	var out recorder
	assert.Equal(&out, expected, v)
	_, text, _ := strings.Cut(out.String(), "Error:") // without the names of these files
	return text
}

type recorder struct{ strings.Builder }

func (r *recorder) Errorf(format string, args ...any) { _, _ = fmt.Fprintf(r, format, args...) }

// testify prints two values in its lines "expected" and "actual", with the methods of
// the value, and below them a diff by reflection without methods. The lines are safe
// for every type. The diff is safe for types that keep their secrets in functions
// (Client, Token). It is not safe for a Card, whose fields are exported strings.
//
// Not parallel: the diff reads memory that other tests write.
func TestFailedAssertionsDoNotPrintSecrets(t *testing.T) {
	for _, pair := range [][2]any{
		{canaryCard, iamport.Card{}},
		{&canaryCard, &iamport.Card{}},
		{[]iamport.Card{canaryCard}, []iamport.Card{}},
		{iamport.OnetimeRequest{Card: canaryCard}, iamport.OnetimeRequest{}},
		{iamport.RegisterCustomerRequest{Card: canaryCard}, iamport.RegisterCustomerRequest{}},
		{canaryCard, "another type"},
	} {
		lines, _, _ := strings.Cut(failureOf(pair[0], pair[1]), "Diff:")
		require.Contains(t, lines, "expected")
		require.Contains(t, lines, "[card]")
		require.Empty(t, shown(lines, canaryForms), lines)
	}
	client, token := canaryClient(t)
	otherClient, _ := canaryClient(t)
	for _, pair := range [][2]any{
		{client, otherClient},
		{client, &iamport.Client{}},
		{[]*iamport.Client{client}, []*iamport.Client{}},
		{token, iamport.Token{}},
		{&token, &iamport.Token{}},
		{struct{ T iamport.Token }{token}, struct{ T iamport.Token }{}},
	} {
		text := failureOf(pair[0], pair[1])
		require.Contains(t, text, "expected")
		require.Empty(t, shown(text, canaryForms), text)
	}
}

const (
	canaryKey    = "planted-key-1"
	canarySecret = "planted-secret-2"
	canaryToken  = "planted-token-3"
	canarySignIn = `{"code":0,"message":null,"response":{"access_token":"planted-token-3","now":1512446940,"expired_at":1512448740}}`
)

func newCanaryClient(t *testing.T, transport http.RoundTripper, opts ...iamport.Option) *iamport.Client {
	t.Helper()
	opts = append(opts, iamport.WithHTTPClient(&http.Client{Transport: transport}))
	client, err := iamport.NewClient(canaryKey, canarySecret, opts...)
	require.NoError(t, err)
	return client
}

// canaryClient returns a client that is signed in, and its token.
func canaryClient(t *testing.T) (*iamport.Client, iamport.Token) {
	t.Helper()
	mock := clienttest.NewMock(t)
	mock.RegisterResponder("POST", iamport.DefaultBaseURL+"/users/getToken", httpmock.NewStringResponder(200, canarySignIn))
	client := newCanaryClient(t, mock)
	var token iamport.Token
	var err error
	synctest.Test(t, func(t *testing.T) {
		token, err = client.Token(t.Context())
		synctest.Wait() // for the goroutine of the sign-in, which still holds a lock
	})
	require.NoError(t, err)
	require.Equal(t, canaryToken, token.AccessToken())
	return client, token
}

// Not parallel, for the same reason.
func TestClientsAndTokensAreNeverPrinted(t *testing.T) {
	client, token := canaryClient(t)
	values := append(shapes(client), shapes(token)...)
	values = append(values, shapes(iamport.Token{})...)
	// fmt reads unexported fields without methods; there is nothing to read.
	values = append(values, struct{ c *iamport.Client }{client}, struct{ t iamport.Token }{token}, &struct{ t *iamport.Token }{&token})
	for _, v := range values {
		printed(v, verbs+"pw", func(printer, output string) {
			require.Empty(t, shown(output, canaryForms), "%s of %T: %s", printer, v, output)
		})
		require.Empty(t, shown(failureOf(v, nil), canaryForms), "testify of %T", v)
	}
	require.Contains(t, fmt.Sprintf("%+v", client), iamport.DefaultBaseURL)
	var none *iamport.Client
	require.NotPanics(t, func() { _ = none.String() })
}
