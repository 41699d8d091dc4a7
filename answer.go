package iamport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/iamport-go/iamport/internal/lenient"
)

const (
	// maxAnswer bounds what is read of an answer: a page of 1,000 payments takes
	// about 2 MB.
	maxAnswer = 32 << 20
	// maxMessage bounds, in characters, the API's message in an error.
	maxMessage = 500
)

// answer is what came back of one exchange.
type answer struct {
	status     int
	retryAfter time.Duration

	// The envelope; zero values if problem is set. The response went where the
	// endpoint wants it.
	code     int
	message  string
	answered bool // there was a response, and not null
	garbled  bool // there was one of another kind than expected

	problem error // why the body is not an envelope, nil if it is
}

var (
	errNoEnvelope     = errors.New("the answer is not the API's JSON")
	errEmptyAnswer    = errors.New("the answer is empty")
	errAnswerTooLarge = errors.New("the answer is larger than 32 MiB")
	errNoResponse     = errors.New("the answer holds no response of the expected kind")
)

// readAnswer reads an answer and its response into *result.
func readAnswer(resp *http.Response, secrets []string, result any) *answer {
	defer func() { _ = resp.Body.Close() }()
	a := &answer{status: resp.StatusCode, retryAfter: parseRetryAfter(resp.Header.Get("Retry-After"))}
	body, err := readBody(resp)
	if err != nil {
		a.problem = safeCause(err)
		return a
	}
	if len(body) > maxAnswer {
		a.problem = errAnswerTooLarge
		return a
	}
	a.problem = a.parse(body, result)
	a.message = safeMessage(a.message, secrets)
	return a
}

// readBody reads at most one byte more than maxAnswer.
func readBody(resp *http.Response) ([]byte, error) {
	var buffer bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= 1<<20 {
		buffer.Grow(int(n) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	return buffer.Bytes(), err
}

// parse reads {"code":0,"message":null,"response":...}; unknown members are
// ignored. A missing code is not taken for 0: with 2xx it would turn anybody's
// JSON into a success. A 4xx may say its reason without one.
func (a *answer) parse(body []byte, result any) error {
	into := reflect.ValueOf(result).Elem()
	into.SetZero()
	// One pass reads envelope and response, as long as all types are as expected.
	e := struct {
		Code     *int   `json:"code"`
		Message  string `json:"message"`
		Response any    `json:"response"`
	}{Response: result}
	if err := json.Unmarshal(body, &e); err != nil {
		var odd struct {
			Code     *int            `json:"code"`
			Message  string          `json:"message"`
			Response json.RawMessage `json:"response"`
		}
		into.SetZero()
		if len(bytes.TrimSpace(body)) == 0 {
			return errEmptyAnswer
		}
		if err := lenient.Unmarshal(body, &odd); err != nil {
			return errNoEnvelope
		}
		if odd.Response != nil && lenient.Unmarshal(odd.Response, result) != nil {
			into.SetZero()
			a.garbled = true
		}
		e.Code, e.Message = odd.Code, odd.Message
	}
	if e.Code == nil && (a.ok() || e.Message == "") {
		into.SetZero()
		return errNoEnvelope
	}
	if e.Code != nil {
		a.code = *e.Code
	}
	a.message, a.answered = e.Message, !into.IsZero()
	return nil
}

// wait is how long the API asked to wait; a may be nil.
func (a *answer) wait() time.Duration {
	if a == nil {
		return 0
	}
	return a.retryAfter
}

func (a *answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// refused reports whether the API said no in words that can be read.
func (a *answer) refused() bool {
	return a.problem == nil && (a.code != 0 || !a.ok() && a.message != "")
}

// unseen reports whether the call was turned away before the API looked at the
// request, whatever the body says.
func (a *answer) unseen() bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusTooManyRequests
}

// saysNo reports whether it is certain from the answer that nothing was carried
// out: but for unseen, a no has to be a 2xx or 4xx in words that can be read. 408
// is the patience of a gateway, not the API's no.
func (a *answer) saysNo() bool {
	return a.unseen() ||
		a.refused() && (a.ok() || a.status >= 400 && a.status <= 499) && a.status != http.StatusRequestTimeout
}

// check makes the error of an answer that is not a success with a response.
func (a *answer) check(e endpoint) *Error {
	switch {
	case !a.ok() || a.refused() || a.problem != nil:
		return a.failure(e, a.problem)
	case a.garbled || !a.answered && !e.mayBeNull:
		return a.failure(e, errNoResponse)
	}
	return nil
}

// failure makes an *Error of the answer; cause may be nil.
func (a *answer) failure(e endpoint, cause error) *Error {
	return &Error{
		Op: e.op, StatusCode: a.status, Code: a.code, Message: a.message,
		PGCode: pgCode(a.message), RetryAfter: a.retryAfter, cause: cause,
		notFound: a.status == http.StatusNotFound && (cause == nil || errors.Is(cause, errEmptyAnswer)) ||
			e.byID && a.ok() && a.refused(),
	}
}

// safeMessage makes a stranger's text fit for an error: without the secrets of
// the request, in one line, and short.
func safeMessage(message string, secrets []string) string {
	if message == "" {
		return ""
	}
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, message)
	for _, secret := range secrets {
		switch {
		case len(secret) < 6: // cannot be told from ordinary digits
		case len(secret) >= 14 && allDigits(secret): // a card number, however it is grouped
			spelt := regexp.MustCompile(strings.Join(strings.Split(secret, ""), `[^0-9]{0,3}`))
			message = spelt.ReplaceAllString(message, "[hidden]")
		default:
			message = strings.ReplaceAll(message, secret, "[hidden]")
		}
	}
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return strings.TrimSpace(message)
}

// parseRetryAfter reads seconds or an HTTP date; 0 if there is none.
func parseRetryAfter(header string) time.Duration {
	if allDigits(header) {
		seconds, _ := strconv.ParseInt(header, 10, 64) // the largest number if it does not fit
		return time.Duration(min(seconds, 1<<31)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
