package foreign_test

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/internal/foreign"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	require.NoError(t, foreign.Guard(func() error { return nil }))
	require.Equal(t, io.EOF, foreign.Guard(func() error { return io.EOF }))
	for _, value := range []any{"secret", errors.New("secret"), nil} {
		err := foreign.Guard(func() error { panic(value) })
		p, ok := errors.AsType[*foreign.PanicError](err)
		require.True(t, ok)
		require.NotContains(t, err.Error()+p.Stack, "secret")
		require.Contains(t, p.Stack, "guard_test.go")
	}
	require.EqualError(t, foreign.Guard(func() error { panic("secret") }), "panicked (string)")
}
