package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Limits of the processes.
const (
	tooShort  = 2 * time.Second // a worker that ends sooner than this did not work
	maxShort  = 5               // in a row
	killAfter = 3 * stopTime
)

// startProcesses serves the sandbox on a port of this machine, and starts copies of this program that work
// the jobs. One that ends is started again.
func (p *program[TTx]) startProcesses(ctx context.Context) (stop func(), failed <-chan error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	sandbox := &http.Server{Handler: p.server, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = sandbox.Serve(listener) }() // ends with stop

	running, end := context.WithCancel(context.WithoutCancel(ctx))
	errs := make(chan error, p.workers)
	var all sync.WaitGroup
	for i := range p.workers {
		w := workerSettings{Name: fmt.Sprintf("worker-%d", i+1), Database: p.database, Schema: p.schema,
			Sandbox: "http://" + listener.Addr().String(), Verbose: p.verbose}
		all.Go(func() {
			if err := p.keepRunning(running, self, w); err != nil {
				errs <- err
			}
		})
	}
	return func() {
		end()
		all.Wait()
		_ = sandbox.Close()
	}, errs, nil
}

// keepRunning runs a worker process until ctx ends, and starts it again when it was killed.
func (p *program[TTx]) keepRunning(ctx context.Context, self string, w workerSettings) error {
	settings, err := json.Marshal(w)
	if err != nil {
		return err
	}
	for short := 0; ; {
		began := time.Now()
		err := p.runProcess(ctx, self, w.Name, string(settings))
		if ctx.Err() != nil {
			return nil //nolint:nilerr // It was told to end.
		}
		if short++; time.Since(began) >= tooShort {
			short = 0
		}
		if short == maxShort {
			return fmt.Errorf("%s does not work: %w", w.Name, err)
		}
		p.progress.say(fmt.Sprintf("%s ended (%v) and is started again", w.Name, err))
	}
}

// runProcess runs a worker process to its end. The process ends when its standard input does, which the end
// of this process also closes, however it ends.
func (p *program[TTx]) runProcess(ctx context.Context, self, name, settings string) error {
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), workerVariable+"="+settings)
	cmd.Stderr = p.stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Cancel = input.Close
	cmd.WaitDelay = killAfter
	if err := cmd.Start(); err != nil {
		return err
	}
	p.progress.say(fmt.Sprintf("%s is process %d", name, cmd.Process.Pid))
	if err := cmd.Wait(); err != nil {
		return err
	}
	return errors.New("without an error")
}
