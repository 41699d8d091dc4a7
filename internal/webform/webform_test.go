package webform

import (
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind, body string
		values     url.Values
		err        error
	}{
		{kind: asJSON, body: `{ "imp_uid": "imp_1", "n": 1.50, "none": null, "o": {"a": [1]}, "b": true }` + "\n", values: url.Values{
			"imp_uid": {"imp_1"}, "n": {"1.50"}, "none": {""}, "o": {`{"a": [1]}`}, "b": {"true"},
		}},
		{kind: asJSON, body: `{"a":"1","a":"2"}`, values: url.Values{"a": {"1", "2"}}},
		{kind: asJSON, body: `{}`, values: url.Values{}},
		{kind: "application/json; charset=UTF-8", body: `{"a":"가"}`, values: url.Values{"a": {"가"}}},
		{kind: "Application/JSON;charset=euc-kr", body: `{"a":"1"}`, values: url.Values{"a": {"1"}}},
		{kind: "application/json; charset", body: `{"a":"1"}`, values: url.Values{"a": {"1"}}},
		{kind: asJSON, body: ``, err: ErrJSON},
		{kind: asJSON, body: `[]`, err: ErrJSON},
		{kind: asJSON, body: `"imp_uid"`, err: ErrJSON},
		{kind: asJSON, body: `{"a":"1"`, err: ErrJSON},
		{kind: asJSON, body: `{"a":}`, err: ErrJSON},
		{kind: asJSON, body: `{"a"`, err: ErrJSON},
		{kind: asJSON, body: `{1:2}`, err: ErrJSON},
		{kind: asJSON, body: `{"a":"1",}`, err: ErrJSON},
		{kind: asJSON, body: `{"a":"1"}{}`, err: ErrJSON},
		{kind: asJSON, body: `{"a":"1"} x`, err: ErrJSON},
		{kind: asJSON, body: strings.Repeat(`{"a":`, 13_000), err: ErrJSON},
		{kind: asJSON, body: members(Members, `"m%d":1`, ",", "{", "}"), values: numbered("1")},
		{kind: asJSON, body: members(Members+1, `"m%d":1`, ",", "{", "}"), err: ErrMembers},
		{kind: asForm, body: members(Members, `m%d=1`, "&", "", ""), values: numbered("1")},
		{kind: asForm, body: members(Members+1, `m%d=1`, "&", "", ""), err: ErrMembers},
		{kind: asForm, body: `a=1&b=%EA%B0%80&b=&c`, values: url.Values{"a": {"1"}, "b": {"가", ""}, "c": {""}}},
		{kind: asForm + "; charset=UTF-8", body: `a=1+2`, values: url.Values{"a": {"1 2"}}},
		{kind: asForm, body: ``, values: url.Values{}},
		{kind: asForm, body: `a=%zz`, err: ErrForm},
		{kind: asForm, body: `a=1;b=2`, err: ErrForm},
		{kind: "", body: `{}`, err: ErrType},
		{kind: "text/plain", body: `{}`, err: ErrType},
		{kind: "multipart/form-data; boundary=x", body: `{}`, err: ErrType},
		{kind: asJSON, body: `{"a":"` + strings.Repeat("x", Size-8) + `"}`, values: url.Values{"a": {strings.Repeat("x", Size-8)}}},
		{kind: asJSON, body: `{"a":"` + strings.Repeat("x", Size-7) + `"}`, err: ErrSize},
		{kind: asForm, body: `a=` + strings.Repeat("x", Size-1), err: ErrSize},
	} {
		r := httptest.NewRequest("POST", "/?a=query", strings.NewReader(test.body))
		r.Header.Set("Content-Type", test.kind)
		form, err := Read(r)
		require.Equal(t, test.err, err, "%s %.80s", test.kind, test.body)
		require.Equal(t, test.values, form.Values, "%s %.80s", test.kind, test.body)
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", asJSON)
	r.Body = nil
	_, err := Read(r)
	require.Equal(t, ErrBody, err)
	r.Body = io.NopCloser(iotest.ErrReader(errors.New("reset")))
	_, err = Read(r)
	require.Equal(t, ErrBody, err)

	r.Header.Set("Content-Encoding", "gzip")
	_, err = Read(r)
	require.Equal(t, ErrEncoding, err)
	r.Header.Set("Content-Encoding", "identity")
	r.Body = io.NopCloser(strings.NewReader(`{"a":"1"}`))
	form, err := Read(r)
	require.NoError(t, err)
	require.Equal(t, "1", form.Values.Get("a"))

	// No more is read than the maximum and a byte.
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", Size+1)), iotest.ErrReader(errors.New("read too far"))))
	_, err = Read(r)
	require.Equal(t, ErrSize, err)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for err, status := range map[error]int{
		ErrSize: 413, ErrType: 415, ErrEncoding: 415, ErrBody: 400, ErrJSON: 400, ErrForm: 400, io.EOF: 400,
	} {
		require.Equal(t, status, Status(fmt.Errorf("webhook: %w", err)), err)
	}
}

// members returns a body with n members.
func members(n int, format, separator, begin, end string) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return begin + strings.Join(texts, separator) + end
}

func numbered(value string) url.Values {
	values := make(url.Values)
	for i := range Members {
		values.Add(fmt.Sprintf("m%d", i), value)
	}
	return values
}

func TestTake(t *testing.T) {
	t.Parallel()
	const tooLong = "must be at most 255 bytes of UTF-8 without control characters"
	longest := strings.Repeat("x", MaxText)
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"a":"가","number":-1.50,"null":null,"twice":"1","twice":"1",
		"long":"`+longest+`x","max":"`+longest+`","line":"a\nb","c1":"a\u0085b","object":{},"array":["a"],"true":true,"other":[1]}`))
	r.Header.Set("Content-Type", asJSON)
	form, err := Read(r)
	require.NoError(t, err)
	form.Values["latin1"] = []string{"\xff"}
	texts := map[string]string{"a": "가", "number": "-1.50", "max": longest}
	for name, problem := range map[string]string{
		"a": "", "number": "", "null": "", "none": "", "max": "", "twice": "must be there only once",
		"long": tooLong, "line": tooLong, "c1": tooLong, "latin1": tooLong,
		"object": "must be a text", "array": "must be a text", "true": "must be a text",
	} {
		text, err := form.Take(name)
		if problem != "" {
			require.EqualError(t, err, name+" "+problem)
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, texts[name], text, name)
	}
	require.Equal(t, url.Values{"other": {"[1]"}}, form.Values)
}
