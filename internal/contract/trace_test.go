package contract_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/contract"
)

// slot is one place of a request with its own value: an argument of a method or a
// field at any depth.
type slot struct {
	path  string // for messages
	field string // "" for an argument
	owner reflect.Type
	tag   reflect.StructTag
	value reflect.Value
}

// slotsOf adds one item to every list of structs in v, and returns its slots and,
// separately, its groups: cards and lists of structs. It ignores a bool that is not
// sent, because that selects one of two forms of a request.
func slotsOf(s slot) (slots, groups []slot) {
	switch t := s.value.Type(); {
	case t == reflect.TypeFor[iamport.Amount](), t == reflect.TypeFor[time.Time]():
		return []slot{s}, nil
	case t.Kind() == reflect.Bool && s.tag.Get("json") == "-":
		return nil, nil
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			inner, more := slotsOf(slot{s.path + "." + f.Name, f.Name, t, f.Tag, s.value.Field(i)})
			slots, groups = append(slots, inner...), append(groups, more...)
		}
		if t == reflect.TypeFor[iamport.Card]() {
			groups = append(groups, s)
		}
		return slots, groups
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		s.value.Set(reflect.MakeSlice(t, 1, 1))
		slots, groups = slotsOf(slot{path: s.path + "[0]", value: s.value.Index(0)})
		return slots, append(groups, s)
	}
	return []slot{s}, nil
}

var dummyCard = map[string][2]string{
	"Number": {"1234-1234-1234-1234", "1234-1234-1234-123"}, "Expiry": {"2030-12", "2031-01"},
	"Birth": {"820213", "820214"}, "Pwd2Digit": {"00", "01"}, "CVC": {"123", "124"},
}

// wireStart is one time for all calls, so that equal calls stay equal.
var wireStart = time.Now().Truncate(time.Second)

// set sets s to a value that no other slot has; other is a second such value. n is
// the number of the slot.
func (s slot) set(n int, other bool) {
	more := 0
	if other {
		more = 1
	}
	switch t := s.value.Type(); {
	case s.owner == reflect.TypeFor[iamport.Card]():
		s.value.SetString(dummyCard[s.field][more])
	case t == reflect.TypeFor[iamport.ScheduleStatus]():
		s.value.SetString([]string{"executed", "revoked"}[more])
	case t == reflect.TypeFor[time.Time]():
		// An hour apart, so that the end of a period is after its beginning.
		at := wireStart.Add(time.Duration(n+1)*time.Hour + time.Duration(more)*time.Minute)
		if s.field == "From" || s.field == "To" {
			at = at.AddDate(0, -1, 0)
		}
		s.value.Set(reflect.ValueOf(at))
	case t == reflect.TypeFor[iamport.Amount]() && s.field == "Amount":
		s.value.Set(reflect.ValueOf(iamport.KRW(int64(1_000_000 + 100*n + more))))
	case t == reflect.TypeFor[iamport.Amount]():
		s.value.Set(reflect.ValueOf(iamport.KRW(int64(1_000 + 10*n + more))))
	case s.tag.Get("enum") != "":
		s.value.SetString(strings.Split(s.tag.Get("enum"), ",")[more])
	case s.tag.Get("form") == "json":
		s.value.SetString(fmt.Sprintf(`{"n":%d}`, 2*n+more))
	case t.Kind() == reflect.Bool:
		s.value.SetBool(!other)
	case t.Kind() == reflect.Int:
		s.value.SetInt(int64(2 + 2*n + more))
	case t.Kind() == reflect.Slice:
		s.value.Set(reflect.ValueOf([]string{fmt.Sprintf("t%d", 2*n+more)}))
	default:
		s.value.SetString(fmt.Sprintf("t%d", 2*n+more))
	}
}

// filled is a call with a value in every slot.
type filled struct {
	args          []reflect.Value
	slots, groups []slot
}

func fill(method string) filled {
	m, _ := reflect.TypeFor[*iamport.Client]().MethodByName(method)
	var f filled
	for i := 2; i < m.Type.NumIn(); i++ {
		arg := reflect.New(m.Type.In(i)).Elem()
		slots, groups := slotsOf(slot{path: fmt.Sprintf("%s argument %d", method, i-1), value: arg})
		f.args, f.slots, f.groups = append(f.args, arg), append(f.slots, slots...), append(f.groups, groups...)
	}
	for n, s := range f.slots {
		s.set(n, false)
	}
	return f
}

// wire answers requests and keeps what was sent.
type wire struct {
	mu     sync.Mutex
	sent   []sentRequest
	answer func(*http.Request) (int, string)
}

type sentRequest struct {
	method, path string
	query        url.Values
	body         []byte
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sentRequest{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query()}
	if r.Body != nil {
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			s.body = body
		}
	}
	w.sent = append(w.sent, s)
	now := time.Now().Unix()
	status, response := 200, fmt.Sprintf(`{"access_token":"a0b1c2d3e4f5","now":%d,"expired_at":%d}`, now, now+1800)
	if s.path != "/users/getToken" {
		status, response = w.answer(r)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"code":0,"message":null,"response":` + response + `}`)),
	}, nil
}

// refuse is an answer after which nothing is sent again. The answer to a look-up is
// "not found".
func refuse(r *http.Request) (int, string) {
	if r.Method == http.MethodGet {
		return http.StatusNotFound, `null,"code":1,"message":"no"`
	}
	return http.StatusUnsupportedMediaType, `null,"code":1,"message":"no"`
}

// call makes the call and returns its result, with an iterator's first item instead
// of the iterator, and the requests.
func (f filled) call(t *testing.T, method string, answer func(*http.Request) (int, string)) ([]reflect.Value, []sentRequest, error) {
	t.Helper()
	w := &wire{answer: answer}
	c, err := iamport.NewClient("test-key", "test-secret", iamport.WithHTTPClient(&http.Client{Transport: w}), iamport.WithSandbox(), iamport.WithSettleWindow(0))
	require.NoError(t, err)
	out, err := f.invoke(t, c, method)
	sent := w.sent
	if method != "Token" && len(sent) > 0 {
		sent = sent[1:]
	}
	if slices.Contains([]string{"Onetime", "Again", "RetrySchedule"}, method) && len(sent) > 1 {
		for _, look := range sent[1:] { // a refused charge is looked up
			require.True(t, strings.HasPrefix(look.path, "/payments/findAll/"), look.path)
		}
		sent = sent[:1]
	}
	return out, sent, err
}

// invoke makes the call with a client and returns its result, with an iterator's
// first item instead of the iterator.
func (f filled) invoke(t *testing.T, c *iamport.Client, method string) ([]reflect.Value, error) {
	t.Helper()
	m := reflect.ValueOf(c).MethodByName(method)
	args := append([]reflect.Value{reflect.ValueOf(t.Context())}, f.args...)
	var out []reflect.Value
	if m.Type().IsVariadic() {
		out = m.CallSlice(args)
	} else {
		out = m.Call(args)
	}
	if out[0].Kind() == reflect.Func {
		for item, err := range out[0].Seq2() {
			out = []reflect.Value{item, err}
			break
		}
	}
	err, _ := reflect.TypeAssert[error](out[len(out)-1])
	return out, err
}

// parameters reads the requests of one call by the template of its operation.
func parameters(t *testing.T, o contract.Operation, sent []sentRequest) map[string]any {
	t.Helper()
	all := make(map[string]any)
	for _, s := range sent {
		require.Equal(t, o.Method, s.method)
		names, values := strings.Split(o.Path, "/"), strings.Split(s.path, "/")
		require.LessOrEqual(t, len(values), len(names), "%s is sent to %s", o.Op, s.path)
		for i, value := range values {
			if name := strings.Trim(names[i], "{}"); name != names[i] {
				all["path "+name] = value
			} else {
				require.Equal(t, names[i], value, "%s is sent to %s", o.Op, s.path)
			}
		}
		for _, name := range names[len(values):] {
			require.True(t, strings.HasPrefix(name, "{"), "%s is sent to %s", o.Op, s.path)
		}
		for name, values := range s.query {
			all["query "+name] = strings.Join(values, ",")
		}
		if s.body != nil {
			decoder := json.NewDecoder(strings.NewReader(string(s.body)))
			decoder.UseNumber()
			var body map[string]any
			require.NoError(t, decoder.Decode(&body))
			bodyParameters(all, "body ", body)
		}
	}
	return all
}

func bodyParameters(all map[string]any, prefix string, body map[string]any) {
	for name, value := range body {
		switch value := value.(type) {
		case map[string]any:
			bodyParameters(all, prefix+name+".", value)
		case []any:
			if item, ok := value[0].(map[string]any); ok {
				bodyParameters(all, prefix+name+"[].", item)
				continue
			}
			all[prefix+name] = value
		default:
			all[prefix+name] = value
		}
	}
}
