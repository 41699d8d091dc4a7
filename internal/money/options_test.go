package money_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// The quiet period is at least an attempt, and at most an hour.
func TestQuietPeriods(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options []iamport.Option
		wrong   string
	}{
		"default":                 {},
		"an attempt":              {options: []iamport.Option{iamport.WithQuietPeriod(190 * time.Second)}},
		"shorter than an attempt": {options: []iamport.Option{iamport.WithQuietPeriod(190*time.Second - 1)}, wrong: "WithQuietPeriod must be at least 3m10s"},
		"an hour":                 {options: []iamport.Option{iamport.WithQuietPeriod(time.Hour)}},
		"longer":                  {options: []iamport.Option{iamport.WithQuietPeriod(time.Hour + 1)}, wrong: "WithQuietPeriod must be at most 1 h"},
		"0":                       {options: []iamport.Option{iamport.WithQuietPeriod(0)}, wrong: "WithQuietPeriod must be more than 0"},
		"short attempts": {options: []iamport.Option{
			iamport.WithTimeout(time.Second), iamport.WithSettleWindow(0), iamport.WithQuietPeriod(3 * time.Second),
		}},
		"attempts of an hour": {options: []iamport.Option{iamport.WithTimeout(20 * time.Minute), iamport.WithSettleWindow(0)}},
		"attempts too long":   {options: []iamport.Option{iamport.WithTimeout(20 * time.Minute)}, wrong: "WithTimeout must be so short"},
		"settled too long":    {options: []iamport.Option{iamport.WithSettleWindow(1 << 62)}, wrong: "WithTimeout must be so short"},
		"time-out too long":   {options: []iamport.Option{iamport.WithTimeout(1 << 62)}, wrong: "WithTimeout must be so short"},
		"no journal":          {options: []iamport.Option{iamport.WithJournal(nil)}, wrong: "WithJournal must be a journal"},
		"nil journal":         {options: []iamport.Option{iamport.WithJournal((*notes)(nil))}, wrong: "WithJournal must be a journal"},
		"brackets":            {options: []iamport.Option{iamport.WithUserAgent("shop (mark)")}, wrong: "WithUserAgent must be printable ASCII text without brackets"},
		"control characters":  {options: []iamport.Option{iamport.WithUserAgent("shop\r\nX: y")}, wrong: "WithUserAgent must be"},
		"all of ASCII":        {options: []iamport.Option{iamport.WithUserAgent("shop !~")}},
		"delete":              {options: []iamport.Option{iamport.WithUserAgent("shop \x7f")}, wrong: "WithUserAgent must be"},
		"no user agent":       {options: []iamport.Option{iamport.WithUserAgent(" ")}, wrong: "WithUserAgent must be"},
	} {
		_, err := iamport.NewClient("key", "secret", test.options...)
		if test.wrong == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, test.wrong, name)
		var invalid *iamport.InvalidRequestError
		require.ErrorAs(t, err, &invalid, name)
		require.Equal(t, "NewClient", invalid.Op)
	}
}
