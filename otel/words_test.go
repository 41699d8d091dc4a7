package iamportotel_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// TestWordsAreThoseOfTheClient: no word of a client is "_OTHER", and only its methods and paths
// are no other.
func TestWordsAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	operation := func(op string) string {
		tm := newTelemetry(t)
		tm.Observe(t.Context(), iamport.Exchange{Op: op})
		return strings.TrimPrefix(tm.span(t).Name, "iamport.")
	}
	client := reflect.TypeFor[*iamport.Client]()
	for i := range client.NumMethod() {
		method := client.Method(i)
		want := "_OTHER" // such as String
		if method.Type.NumIn() > 1 && method.Type.In(1).String() == "context.Context" {
			want = method.Name
		}
		require.Equal(t, want, operation(method.Name), method.Name)
	}

	var contract struct {
		Operations []struct {
			Path string
			Twin bool
		}
	}
	data, err := os.ReadFile("../internal/contract/contract.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &contract))
	require.NotEmpty(t, contract.Operations)
	for _, one := range contract.Operations {
		if one.Twin {
			continue // not called
		}
		for _, path := range []string{one.Path, strings.TrimSuffix(one.Path, "/{payment_status}")} {
			if path == "/payments/status" {
				continue // no operation
			}
			tm := newTelemetry(t)
			tm.Observe(t.Context(), iamport.Exchange{Op: "Again", Method: "GET", Route: path, Try: 1})
			require.Equal(t, "GET "+path, tm.span(t).Name)
		}
	}
}

// TestConstantsAreKnown: a new constant of observer.go is a word of this package too.
func TestConstantsAreKnown(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../observer.go")
	require.NoError(t, err)
	constants := regexp.MustCompile(`(?m)^\t\w+ +(Purpose|Failure|Outcome) += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	require.GreaterOrEqual(t, len(constants), 21)
	for _, constant := range constants {
		x := with(again, func(x *iamport.Exchange) {
			switch word := constant[2]; constant[1] {
			case "Purpose":
				x.Purpose = iamport.Purpose(word)
			case "Failure":
				x.Failure, x.Outcome = iamport.Failure(word), iamport.OutcomeNotCharged
			default:
				x.Outcome = iamport.Outcome(word)
			}
		})
		tm := newTelemetry(t)
		tm.Observe(t.Context(), x)
		require.Contains(t, strings.Join(tm.texts(t), "\n")+"\n", "="+constant[2]+"\n")
		require.NotContains(t, tm.texts(t), "_OTHER")
	}
}

// TestOtherIsOnlyTheMethodOfTheCaller: every method is called, and only the method "PLANTED"
// of its Call is no known word.
func TestOtherIsOnlyTheMethodOfTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tm := newTelemetry(t)
		everyMethod(t, tm)
		operations := map[string]bool{}
		for _, text := range tm.texts(t) {
			if strings.Contains(text, "_OTHER") {
				require.Equal(t, "http.request.method=_OTHER", text)
			}
			if name, ok := strings.CutPrefix(text, "iamport.operation="); ok {
				operations[name] = true
			}
		}
		require.Len(t, operations, 34, "each method of Client that calls the API: %v", operations)
	})
}
