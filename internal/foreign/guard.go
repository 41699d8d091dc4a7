package foreign

import (
	"fmt"
	"runtime/debug"
)

// PanicError is the panic of a function of the user, or the end of its goroutine. Its text does
// not hold the value, which may be secret.
type PanicError struct {
	Type  string // of the value
	Stack string
}

// Error returns the type of the value.
func (p *PanicError) Error() string { return "panicked (" + p.Type + ")" }

// Guard calls a function of the user, and returns its panic as a *[PanicError].
func Guard(f func() error) (err error) {
	returned := false
	defer func() {
		if !returned { // not recover() != nil: a panic may have the value nil
			err = &PanicError{Type: fmt.Sprintf("%T", recover()), Stack: string(debug.Stack())}
		}
	}()
	err = f()
	returned = true
	return err
}
