package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// serve serves the site and runs what is due every hour, until ctx ends. Then it waits
// for the requests and the run that are under way, because each may be charging.
func serve(ctx context.Context, listener net.Listener, s *site) error {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      chargeTime + 10*time.Second,
		IdleTimeout:       time.Minute,
	}
	runs, stop := context.WithCancel(ctx)
	defer stop()
	var job sync.WaitGroup
	job.Go(func() { s.everyHour(runs) })
	stopped := make(chan error, 1)
	go func() {
		<-runs.Done()
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), chargeTime)
		defer cancel()
		stopped <- server.Shutdown(wait)
	}()
	err := server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	stop()
	err = errors.Join(err, <-stopped)
	job.Wait()
	return err
}

// everyHour runs what is due until ctx ends. A charge that has begun is not cut.
func (s *site) everyHour(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("run failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
