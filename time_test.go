package iamport_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestTimeReadsJSON(t *testing.T) {
	t.Parallel()
	second := time.Unix(1603417956, 0).UTC()
	for text, want := range map[string]time.Time{
		`1603417956`:      second,
		`"1603417956"`:    second,
		`1603417956.0`:    second,
		`1.603417956e9`:   second,
		`1603417956.25`:   second.Add(250 * time.Millisecond),
		`"1603417956.25"`: second.Add(250 * time.Millisecond),
		// Fractions of a nanosecond are dropped.
		`1603417956.000000001`: second.Add(1),
		`1.1234567891`:         time.Unix(1, 123456789).UTC(),
		`1`:                    time.Unix(1, 0).UTC(),
		`4102444800`:           time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), // after 2038
		`253402300799`:         time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		`0`:                    {},
		`0.0`:                  {},
		`-0`:                   {},
		`"0"`:                  {},
		`null`:                 {},
		`""`:                   {},
	} {
		got := iamport.Time{Time: time.Unix(77, 0)}
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.True(t, got.Equal(want), "%s: got %s", text, got.Time)
		require.Equal(t, want.IsZero(), got.IsZero(), text)
		require.Equal(t, time.UTC, got.Location(), text)
	}
}

func TestTimeRefusesWhatIsNoTime(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`-1`, `"-1"`, `-0.5`, `-9223372036854775808`,
		`1603417956000`, `1603417956000000`, `1603417956000000000`, // milli-, micro- and nanoseconds
		`253402300800`, `9223372036854775807`, `9223372036854775808`, `1e12`, `1e18`, `1e999`, `1e999999999`,
		strings.Repeat("9", 1<<20), "0." + strings.Repeat("0", 1<<20) + "1",
		`true`, `{}`, `[]`, `[1603417956]`, `"2020-10-23T01:52:36Z"`, `"soon"`, `" 1"`, `"1603417956s"`, `"\u0031"`,
	} {
		name := text[:min(len(text), 30)]
		before := iamport.Time{Time: time.Unix(77, 0)}
		got := before
		err := json.Unmarshal([]byte(text), &got)
		require.Error(t, err, name)
		require.Less(t, len(err.Error()), 200, "%s: the error repeats the text", name)
		require.Equal(t, before, got, "%s changed the value", name)
	}
}

func TestTimeWritesWholeSeconds(t *testing.T) {
	t.Parallel()
	type body struct {
		From iamport.Time `json:"from,omitzero"`
		To   iamport.Time `json:"to"`
	}
	seoul := time.FixedZone("KST", 9*60*60)
	moment := time.Date(2040, 2, 29, 13, 14, 15, 999999999, seoul)
	got, err := json.Marshal(body{From: iamport.UnixTime(moment), To: iamport.Time{Time: moment}})
	require.NoError(t, err)
	require.Equal(t, `{"from":2214101655,"to":2214101655}`, string(got))

	got, err = json.Marshal(body{})
	require.NoError(t, err)
	require.Equal(t, `{"to":0}`, string(got))
}

func TestUnixTimeCutsToTheSecond(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 3, 1, 9, 0, 59, 999999999, time.UTC)
	require.True(t, iamport.UnixTime(moment).Equal(time.Date(2026, 3, 1, 9, 0, 59, 0, time.UTC)))
	require.True(t, iamport.UnixTime(time.Time{}).IsZero())
	// The monotonic reading is gone, so that == is the wall clock's.
	require.NotContains(t, iamport.UnixTime(time.Now()).String(), "m=")
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{
		`0`, `-1`, `1603417956`, `"1603417956"`, `1603417956.25`, `null`, `""`, `"`, `""1"`, ``, `1e12`, `253402300799`,
		`253402300800`, `1e-18`, `9.223372036854775807`, `true`, `{}`, `"2020-10-23"`, `1e999999999`, `0.000000000000000001`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got iamport.Time
		err := got.UnmarshalJSON(data) // also with data that no decoder passes
		if err != nil {
			require.True(t, got.IsZero())
			return
		}
		if !json.Valid(data) || got.IsZero() {
			return
		}
		require.GreaterOrEqual(t, got.Unix(), int64(0))
		require.Less(t, got.Year(), 10000)
		written, err := json.Marshal(got)
		require.NoError(t, err)
		require.Equal(t, strconv.FormatInt(got.Unix(), 10), string(written))
		if got.Nanosecond() == 0 && got.Unix() != 0 {
			var again iamport.Time
			require.NoError(t, json.Unmarshal(written, &again))
			require.Equal(t, got, again, "%s", data)
		}
	})
}
