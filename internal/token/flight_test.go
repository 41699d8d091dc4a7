package token_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/clienttest"
)

// deadlineHook calls a function before it returns its deadline.
type deadlineHook struct {
	context.Context
	hook func()
}

func (c deadlineHook) Deadline() (time.Time, bool) { c.hook(); return c.Context.Deadline() }

// A caller that found no token uses the token of another sign-in that has just ended.
func TestTokenOfAFlightThatJustEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewBearerAPI()
		c := api.Client(t)
		var once sync.Once
		_, err := c.Token(deadlineHook{t.Context(), func() {
			once.Do(func() { require.NoError(t, clienttest.ErrorOf(c.Token(t.Context()))) })
		}})
		require.NoError(t, err)
		require.Equal(t, 1, api.SignIns())
	})
}
