package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/page"
	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/sandbox"
)

const (
	defaultAddress = "127.0.0.1:8787"
	// stopTime is how long answers in progress may take after Ctrl-C.
	stopTime = 10 * time.Second
)

// settings are the values of the flags.
type settings struct {
	sandbox.Config
	listen string
	file   string
	memory bool
}

// serve opens the sandbox and answers requests until ctx ends.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) (err error) {
	s.Log = slog.New(slog.NewTextHandler(stderr, nil))
	if !s.memory {
		if s.File, err = stateFile(s.file); err != nil {
			return err
		}
	}
	box, err := sandbox.Open(ctx, s.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	listener, err := listen(ctx, s.listen)
	if err != nil {
		return err
	}
	loopback := isLoopback(listener.Addr())
	if !loopback {
		s.Log.Warn("other computers can reach this address: anyone there can read and change the sandbox", "address", listener.Addr())
	}
	web := page.New(box, s.Webhook)
	server := &http.Server{
		Handler:           box.Handler(web, loopback),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(web.Close)
	writeStart(stdout, box, s, listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.Log.Info("stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("not all requests were answered within %v: %w", stopTime, err), server.Close())
	}
	if err := box.Server.WaitWebhooks(stopping); err != nil {
		s.Log.Warn("not all webhooks were delivered", "waited", stopTime)
	}
	return nil
}

// listen listens at the address. Without one it takes the default, or a free port if that is taken.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	if address != "" {
		return c.Listen(ctx, "tcp", address)
	}
	listener, err := c.Listen(ctx, "tcp", defaultAddress)
	if errors.Is(err, syscall.EADDRINUSE) {
		return c.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	return listener, err
}

func isLoopback(address net.Addr) bool {
	tcp, is := address.(*net.TCPAddr)
	return is && tcp.IP.IsLoopback()
}

// stateFile returns the file of the state, in a folder that exists.
func stateFile(file string) (string, error) {
	if file != "" {
		return filepath.Abs(file)
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the state; set -db or -memory: %w", err)
	}
	folder = filepath.Join(folder, "iamport-sandbox")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(folder, "sandbox.db"), nil
}
