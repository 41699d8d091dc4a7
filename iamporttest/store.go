package iamporttest

import (
	"fmt"
	"sync"
)

// Document is one saved object of a [Server].
type Document struct {
	// Kind and Key identify the object, such as "payment" and its imp_uid.
	Kind, Key string
	// JSON is the object. It holds no card number, only its masked form, and no token. nil means that the object is
	// deleted.
	JSON []byte
}

// Store keeps the state of a [Server] that [Open] returned.
type Store interface {
	// Load returns all documents, in any order.
	Load() ([]Document, error)
	// Save replaces and deletes documents, all of them or none. It returns when they are durable. It is never called
	// twice at once. One call has the changes of all requests that arrived during the call before it.
	Save(changed []Document) error
}

// Open returns a server with the state of store. The server saves each change before it answers the request that made
// it, and a request that reads is answered after everything that it shows is saved.
//
// If Save fails, the connection of each request that waits for it is lost, as after [LoseAfter]: the request may have
// been executed. The changes remain in memory and are saved with the next request.
//
// A webhook is sent after its event was saved.
//
// What waits is not saved: charges that the PG has not decided and requests that [LoseThenExecute] postpones, which nobody
// has answered, and webhooks. A payment that [Pending] or [FailThenPay] changes later is saved with the change. Earlier
// states ([WithStaleLookups]), queued faults and the log of requests are not saved.
func Open(store Store, opts ...Option) (*Server, error) {
	s := NewServer(opts...)
	s.saving = &saving{store: store, dirty: map[place]struct{}{}, turn: make(chan struct{}, 1)}
	for uid := range s.keys {
		s.changed(kindKey, uid)
	}
	documents, err := store.Load()
	if err != nil {
		return nil, fmt.Errorf("iamporttest: loading the state: %w", err)
	}
	if err := s.restore(documents); err != nil {
		return nil, fmt.Errorf("iamporttest: loading the state: %w", err)
	}
	return s, nil
}

// Sync runs what is due and saves all changes: those of the clock, and those of methods such as [Server.DeclineCustomer],
// which save nothing. changed reports whether there was a change since the last save. A server without a [Store] only
// runs what is due, and returns false.
func (s *Server) Sync() (changed bool, err error) {
	s.mu.Lock()
	s.runDue(s.now())
	changed = s.saving != nil && len(s.saving.dirty) > 0
	s.mu.Unlock()
	return changed, s.save()
}

// saving is what a server with a store needs to save its changes.
type saving struct {
	store    Store
	dirty    map[place]struct{} // guarded by the lock of the server, as sequence
	sequence int64              // as it was saved

	mu   sync.Mutex
	next *flight       // the call of Save that has not begun
	turn chan struct{} // holds one value during a call of Save; unlike a mutex, it lets the time of a bubble go on
}

// place identifies a document.
type place struct{ kind, key string }

// flight is one call of Save for all who wait for it.
type flight struct {
	done chan struct{}
	err  error
}

// changed notes that the object has to be saved.
func (s *Server) changed(kind, key string) {
	if s.saving != nil {
		s.saving.dirty[place{kind, key}] = struct{}{}
	}
}

// save returns when everything that happened before the call is saved. Of all who call it during one call of Save, one
// makes the next call for all of them.
func (s *Server) save() error {
	v := s.saving
	if v == nil {
		return nil
	}
	v.mu.Lock()
	f := v.next
	if f != nil {
		v.mu.Unlock()
		<-f.done
		return f.err
	}
	f = &flight{done: make(chan struct{})}
	v.next = f
	v.mu.Unlock()
	v.turn <- struct{}{}
	defer func() { <-v.turn }()
	v.mu.Lock()
	v.next = nil
	v.mu.Unlock()
	defer close(f.done)
	f.err = s.flush()
	return f.err
}

// flush saves the objects that have changed, as they are now.
func (s *Server) flush() error {
	v := s.saving
	s.mu.Lock()
	if v.sequence != s.sequence {
		s.changed(kindServer, keySequence)
	}
	if len(v.dirty) == 0 {
		s.mu.Unlock()
		return nil
	}
	dirty := v.dirty
	v.dirty = map[place]struct{}{}
	documents := make([]Document, 0, len(dirty))
	for at := range dirty {
		documents = append(documents, Document{Kind: at.kind, Key: at.key, JSON: s.document(at)})
	}
	sequence := s.sequence
	s.mu.Unlock()
	err := v.store.Save(documents)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		for at := range dirty {
			v.dirty[at] = struct{}{}
		}
		return fmt.Errorf("iamporttest: saving the state: %w", err)
	}
	v.sequence = sequence
	return nil
}
