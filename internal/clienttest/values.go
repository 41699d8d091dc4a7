package clienttest

import (
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// Year2100 is a time for schedules, later than any test.
var Year2100 = time.Unix(4102444800, 999_999_999)

// At returns the time of a number of seconds, as the API writes it.
func At(seconds int64) iamport.Time {
	var t iamport.Time
	if err := t.UnmarshalJSON([]byte(strconv.FormatInt(seconds, 10))); err != nil {
		panic(err)
	}
	return t
}

// Amount parses s. It panics if s is not an amount.
func Amount(s string) iamport.Amount {
	a, err := iamport.ParseAmount(s)
	if err != nil {
		panic(err)
	}
	return a
}

// Collect returns all items of a walk up to its error.
func Collect[T any](items iter.Seq2[T, error]) (list []T, err error) {
	for item, err := range items {
		if err != nil {
			return list, err
		}
		list = append(list, item)
	}
	return list, nil
}

// ErrorOf returns the error of a call.
func ErrorOf[T any](_ T, err error) error { return err }

// RequirePage compares the exported fields of a page.
func RequirePage[T any](t *testing.T, want, got *iamport.Page[T]) {
	t.Helper()
	require.Equal(t, []int{want.Total, want.Previous, want.Next}, []int{got.Total, got.Previous, got.Next})
	require.Equal(t, want.List, got.List)
}

// APIError asserts that err is an *iamport.Error and returns it.
func APIError(t *testing.T, err error) *iamport.Error {
	t.Helper()
	var api *iamport.Error
	require.ErrorAs(t, err, &api)
	return api
}

// OutcomeUnknown asserts that err is an *iamport.OutcomeUnknownError, and none of the
// sentinels, and returns it.
func OutcomeUnknown(t *testing.T, err error) *iamport.OutcomeUnknownError {
	t.Helper()
	var lost *iamport.OutcomeUnknownError
	require.ErrorAs(t, err, &lost)
	for _, sentinel := range []error{iamport.ErrNotCharged, iamport.ErrUnauthorized, iamport.ErrNotFound, iamport.ErrRateLimited} {
		require.NotErrorIs(t, err, sentinel)
	}
	require.Error(t, lost.Err)
	require.NotContains(t, err.Error(), "\n")
	return lost
}

// InvalidRequest asserts that err is one *iamport.InvalidRequestError with every
// problem in one line, and returns it.
func InvalidRequest(t *testing.T, err error) *iamport.InvalidRequestError {
	t.Helper()
	problem, ok := err.(*iamport.InvalidRequestError) //nolint:errorlint // It comes as itself, joined with nothing.
	require.True(t, ok, "%T: %v", err, err)
	require.NotEmpty(t, problem.Fields)
	require.ErrorIs(t, err, iamport.ErrNotCharged)
	require.NotContains(t, err.Error(), "\n")
	return problem
}

// Invalid returns the problems of an *iamport.InvalidRequestError by their fields.
func Invalid(t *testing.T, err error) map[string]string {
	t.Helper()
	found := map[string]string{}
	problem := InvalidRequest(t, err)
	for _, f := range problem.Fields {
		require.NotContains(t, found, f.Field, "said twice")
		require.NotEmpty(t, f.Problem)
		require.Contains(t, err.Error(), f.Field+" "+f.Problem)
		found[f.Field] = f.Problem
	}
	require.True(t, strings.HasPrefix(err.Error(), "iamport: "+problem.Op+": "), "%v", err)
	return found
}

// ShortPeriod is a period of a minute.
var ShortPeriod = iamport.CustomerScheduleQuery{From: time.Unix(1700000000, 0), To: time.Unix(1700000060, 0)}
