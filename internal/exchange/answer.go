package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/iamport-go/iamport/internal/bounds"
	"github.com/iamport-go/iamport/internal/lenient"
	"github.com/iamport-go/iamport/internal/onepass"
	"github.com/iamport-go/iamport/internal/redact"
)

// Answer is the answer of one exchange.
type Answer struct {
	Status     int
	RetryAfter time.Duration

	// The envelope; zero values if Problem is set. The response is decoded into Result
	// of the request.
	Code     int
	Message  string
	Answered bool // there was a response that is not null
	Garbled  bool // there was a response of an unexpected kind
	None     bool // the API's own answer that the object does not exist
	own      bool // a 4xx in the API's own envelope, without a response

	Problem error // why the body is not an envelope, nil if it is

	envelope envelope // while it is read
}

var (
	errNotFinal    = errors.New("the answer is not final")
	errNoEnvelope  = errors.New("the answer is not the API's JSON")
	errEmptyAnswer = errors.New("the answer is empty")
)

// read reads an answer into a, and its response into r.Result.
func (c *Client) read(resp *http.Response, r Request, a *Answer) {
	defer func() { _ = resp.Body.Close() }()
	a.Status, a.RetryAfter = resp.StatusCode, parseRetryAfter(resp.Header.Get("Retry-After"))
	if a.Status < http.StatusOK {
		a.Problem = errNotFinal // 101 has a body that never ends
		return
	}
	buffer := buffers.Get().(*[]byte)
	body, err := bounds.Read(resp.Body, resp.ContentLength, *buffer)
	defer wipe(buffer, body)
	switch {
	case err != nil && body == nil:
		a.Problem = err
		return
	case err != nil:
		a.Problem = c.Foreign.Transport(err)
		return
	}
	if r.Result == nil {
		r.Result = new(json.RawMessage)
	}
	a.Problem = a.parse(body, r.Result)
	a.envelope = envelope{}
	a.own = a.Status >= 400 && a.Status <= 499 && a.Problem == nil && isOwn(body)
	a.None = a.Status == http.StatusNotFound && a.own && a.Code != 0 && a.Message != ""
	if a.Message != "" {
		secrets := slices.Concat(r.Secrets, c.Secrets())
		if r.Token != nil {
			secrets = append(secrets, r.Token())
		}
		a.Message = redact.Text(a.Message, secrets)
	}
}

// buffers hold the bodies of answers while they are read. What is decoded is a copy.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// wipe puts the buffer of body back for the next answer, without what it held: that may be a card
// or a key. What is behind body is 0 already. A body that was refused is nil, and its
// buffer is not used again.
func wipe(buffer *[]byte, body []byte) {
	if body == nil {
		return
	}
	clear(body)
	*buffer = body[:0]
	buffers.Put(buffer)
}

// maxCode bounds the code of an envelope, which is shown and logged. The API's are 0, 1 and
// -1; a longer number can be that of a card. It is read as -1.
const maxCode = 99_999

// envelope is what every answer of the API is.
type envelope struct {
	Code     code   `json:"code"`
	Message  string `json:"message"`
	Response any    `json:"response"` // holds the pointer to what the response is decoded into
}

// code is the code of an envelope, which may be missing or null.
type code struct {
	number int
	given  bool
}

// UnmarshalJSON reads a whole number or null.
func (c *code) UnmarshalJSON(data []byte) error {
	*c = code{}
	if string(data) == "null" {
		return nil
	}
	number, err := strconv.Atoi(string(data))
	if err != nil {
		return errNoEnvelope
	}
	*c = code{number, true}
	return nil
}

// parse reads {"code":0,"message":null,"response":...}; unknown members are ignored.
// A missing code does not count as 0: with 2xx any JSON would then be a success. A
// 4xx may have a message without a code.
func (a *Answer) parse(body []byte, result any) error {
	into := reflect.ValueOf(result).Elem()
	into.SetZero()
	e := &a.envelope
	*e = envelope{Response: result}
	if onepass.Unmarshal(body, e) {
		return a.take(*e, body, into)
	}
	into.SetZero()
	*e = envelope{Response: result}
	if json.Unmarshal(body, e) == nil {
		return a.take(*e, body, into)
	}
	into.SetZero()
	return a.parseOdd(body, result)
}

// parseOdd reads an envelope with types that are not as expected.
func (a *Answer) parseOdd(body []byte, result any) error {
	into := reflect.ValueOf(result).Elem()
	var odd struct {
		Code     *int            `json:"code"`
		Message  string          `json:"message"`
		Response json.RawMessage `json:"response"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return errEmptyAnswer
	}
	if err := lenient.Unmarshal(body, &odd); err != nil {
		return errNoEnvelope
	}
	if odd.Response != nil && lenient.Unmarshal(odd.Response, result) != nil {
		into.SetZero()
		a.Garbled = string(odd.Response) != "[]" // PHP's empty object
	}
	e := envelope{Message: odd.Message}
	if odd.Code != nil {
		e.Code = code{*odd.Code, true}
	}
	return a.take(e, body, into)
}

// take keeps what was read of an envelope.
func (a *Answer) take(e envelope, body []byte, into reflect.Value) error {
	if !e.Code.given && (a.OK() || e.Message == "") {
		into.SetZero()
		return errNoEnvelope
	}
	a.Code = e.Code.number
	if a.Code < -maxCode || a.Code > maxCode {
		a.Code = -1
	}
	a.Message, a.Answered = e.Message, !into.IsZero()
	if a.Code != 0 && a.Answered && isEmptyArray(body) {
		into.SetZero()
		a.Answered = false
	}
	return nil
}

// isEmptyArray reports whether the response is [], the empty object of PHP.
func isEmptyArray(body []byte) bool {
	var e struct{ Response json.RawMessage }
	return json.Unmarshal(body, &e) == nil && string(e.Response) == "[]"
}

// isOwn reports whether the body of a 4xx is the API's own: it has all three members
// of the envelope, and the response is null. A gateway writes
// {"code":5,"message":"Not Found"}.
func isOwn(body []byte) bool {
	var e struct{ Code, Message, Response json.RawMessage }
	err := json.Unmarshal(body, &e)
	return err == nil && e.Code != nil && e.Message != nil && string(e.Response) == "null"
}

// Wait returns the wait that the API requested; a may be nil.
func (a *Answer) Wait() time.Duration {
	if a == nil {
		return 0
	}
	return a.RetryAfter
}

// OK reports whether the HTTP status is 2xx.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// Readable reports whether the API itself uses the status. An answer of a gateway or
// proxy decides nothing. 408 is from a gateway that did not wait for the API.
func (a *Answer) Readable() bool {
	return a.OK() || a.Status >= 400 && a.Status <= 499 &&
		a.Status != http.StatusRequestTimeout && a.Status != http.StatusUnauthorized
}

// IsRefusal reports whether the answer makes certain that nothing was executed: it is
// an envelope with a code that is not 0 and without a response. empty reports whether
// the response holds no object of the expected kind. A 4xx must have the API's own
// form, because it may be that of a gateway. A 401 must hold no response at all.
func (a *Answer) IsRefusal(empty bool) bool {
	switch {
	case a.Problem != nil || a.Code == 0 || a.Garbled:
		return false
	case a.OK():
		return empty
	case a.Status == http.StatusUnauthorized:
		return a.own && !a.Answered
	}
	return a.Readable() && a.own && empty
}

// parseRetryAfter reads seconds or an HTTP date; 0 if there is none.
func parseRetryAfter(header string) time.Duration {
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, _ := strconv.ParseInt(header, 10, 64) // the largest number if it does not fit
		return time.Duration(min(seconds, 1<<31)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
