package iamport

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The figures in the documents, or on which merchants depend. A change of one is a
// change of behaviour and must be in CHANGELOG.md.
func TestFigures(t *testing.T) {
	t.Parallel()
	for name, figure := range map[string][2]any{
		"time-out of an exchange":           {60 * time.Second, DefaultTimeout},
		"settle window":                     {10 * time.Second, defaultSettleWindow},
		"tries of a look-up":                {4, maxTries},
		"longest Retry-After that is kept":  {30 * time.Second, maxRetryAfter},
		"oldest look before a charge":       {30 * time.Minute, maxLookAge},
		"longest quiet period":              {time.Hour, maxQuiet},
		"time for the end of an attempt":    {5 * time.Second, maxEnd},
		"shortest wait of a held order":     {time.Second, minRetry},
		"pages of a money look-up":          {10, maxLookUpPages},
		"items on a page":                   {1000, maxLimit},
		"ids in one look-up":                {100, maxIDs},
		"period of a look-up of payments":   {2160*time.Hour + time.Second, paymentWindow},
		"period of a look-up of schedules":  {2136 * time.Hour, scheduleWindow},
		"charges a second at Kiwoompay":     {50, PGDaou.Limits().PerSecond},
		"idle connections":                  {512, maxIdleConns},
		"last second that is a time":        {253402300799, maxUnix},
		"bytes of an amount":                {64, maxAmountText},
		"where the API is":                  {"https://api.iamport.kr", DefaultBaseURL},
		"where it has fixed addresses":      {"https://static-api.iamport.kr", StaticBaseURL},
		"characters of a random attempt id": {26, len(randomID())},
	} {
		require.Equal(t, figure[0], figure[1], name)
	}
	c, err := NewClient("key", "secret")
	require.NoError(t, err)
	require.Equal(t, 380*time.Second, c.quiet, "quiet period")
}

// The transport of a client without one of its own.
func TestTransportFigures(t *testing.T) {
	t.Parallel()
	got := newTransport()
	defer got.CloseIdleConnections()
	require.NotNil(t, got.Proxy)
	require.NotNil(t, got.DialContext)
	require.Equal(t, newTLSConfig(), got.TLSClientConfig)
	got.Proxy, got.DialContext, got.TLSClientConfig = nil, nil, nil
	want := &http.Transport{
		ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost: 512, IdleConnTimeout: 90 * time.Second,
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	for i := range reflect.TypeFor[http.Transport]().NumField() {
		if field := reflect.TypeFor[http.Transport]().Field(i); field.IsExported() && field.Type.Kind() != reflect.Func {
			require.Equal(t, reflect.ValueOf(want).Elem().Field(i).Interface(), reflect.ValueOf(got).Elem().Field(i).Interface(), field.Name)
		}
	}
}

func TestScheduleWindowIsNeverOverThreeMonths(t *testing.T) {
	t.Parallel()
	for day := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		require.False(t, day.Add(scheduleWindow).After(day.AddDate(0, 3, 0)), day)
		require.False(t, day.AddDate(0, -3, 0).After(day.Add(-scheduleWindow)), day)
	}
}
