package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
)

// sample is one stack of a profile, from the outermost function, with its values.
type sample struct {
	stack  []string
	values []int64
}

var errProfile = errors.New("the profile cannot be read")

// message calls use for each field of a message of Protocol Buffers: a number, or the bytes of a
// text, a message or packed numbers.
func message(data []byte, use func(field int, number uint64, data []byte)) error {
	for len(data) > 0 {
		key, n := binary.Uvarint(data)
		if n <= 0 {
			return errProfile
		}
		data = data[n:]
		number, n := binary.Uvarint(data)
		if n <= 0 {
			return errProfile
		}
		data = data[n:]
		switch key & 7 {
		case 0:
			use(int(key>>3), number, nil)
		case 2:
			if number > uint64(len(data)) {
				return errProfile
			}
			use(int(key>>3), 0, data[:number])
			data = data[number:]
		default:
			return errProfile
		}
	}
	return nil
}

// numbers appends those of a field, packed or not.
func numbers(to []uint64, number uint64, data []byte) []uint64 {
	if data == nil {
		return append(to, number)
	}
	for len(data) > 0 {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			return to
		}
		to, data = append(to, v), data[n:]
	}
	return to
}

// readProfile reads what runtime/pprof writes: profile.proto, compressed.
func readProfile(text []byte) ([]sample, error) {
	unzip, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(unzip)
	if err != nil {
		return nil, err
	}
	type raw struct{ locations, values []uint64 }
	var (
		raws      []raw
		names     []string
		functions = make(map[uint64]uint64)   // the number of the name, by id
		locations = make(map[uint64][]uint64) // the ids of the functions, from the innermost
		problems  error
	)
	err = message(data, func(field int, _ uint64, data []byte) {
		switch field {
		case 2:
			var r raw
			problems = errors.Join(problems, message(data, func(field int, number uint64, data []byte) {
				switch field {
				case 1:
					r.locations = numbers(r.locations, number, data)
				case 2:
					r.values = numbers(r.values, number, data)
				}
			}))
			raws = append(raws, r)
		case 4:
			var id uint64
			var lines []uint64
			problems = errors.Join(problems, message(data, func(field int, number uint64, data []byte) {
				switch field {
				case 1:
					id = number
				case 4:
					problems = errors.Join(problems, message(data, func(field int, number uint64, _ []byte) {
						if field == 1 {
							lines = append(lines, number)
						}
					}))
				}
			}))
			locations[id] = lines
		case 5:
			var id, name uint64
			problems = errors.Join(problems, message(data, func(field int, number uint64, _ []byte) {
				switch field {
				case 1:
					id = number
				case 2:
					name = number
				}
			}))
			functions[id] = name
		case 6:
			names = append(names, string(data))
		}
	})
	if err := errors.Join(err, problems); err != nil {
		return nil, err
	}
	var samples []sample
	for _, r := range raws {
		var s sample
		for i := len(r.locations) - 1; i >= 0; i-- {
			lines := locations[r.locations[i]]
			for j := len(lines) - 1; j >= 0; j-- {
				if name := functions[lines[j]]; name < uint64(len(names)) {
					s.stack = append(s.stack, names[name])
				}
			}
		}
		for _, v := range r.values {
			s.values = append(s.values, int64(v))
		}
		samples = append(samples, s)
	}
	return samples, nil
}
