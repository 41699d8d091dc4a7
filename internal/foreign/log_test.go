package foreign

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

// panicking is a handler of which one method panics.
type panicking struct {
	slog.Handler
	enabled bool // Enabled panics, else Handle
}

func (p panicking) Enabled(context.Context, slog.Level) bool {
	if p.enabled {
		panic("enabled")
	}
	return true
}

func (panicking) Handle(context.Context, slog.Record) error { panic("handle") }

func TestLoggerWithoutItsPanics(t *testing.T) {
	t.Parallel()
	for _, handler := range []slog.Handler{panicking{enabled: true}, panicking{}} {
		l := Logger(slog.New(handler))
		require.NotPanics(t, func() { l.Error("a line") })
		require.NotPanics(t, func() { _ = l.Handler().Handle(t.Context(), slog.Record{}) })
	}

	var text bytes.Buffer
	l := Logger(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.True(t, l.Enabled(t.Context(), slog.LevelWarn))
	require.False(t, l.Enabled(t.Context(), slog.LevelInfo))
	l.Warn("a line")
	require.Contains(t, text.String(), `level=WARN msg="a line"`)
}
