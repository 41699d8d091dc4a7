package onepass

// skip skips any value.
func (r *reader) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch c := r.peek(); c {
	case '"':
		_, _, ok := r.quoted()
		return ok
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	case '{', '[':
		return r.skipAll(c, depth)
	default:
		return r.number()
	}
}

// skipAll skips an object or an array.
func (r *reader) skipAll(open byte, depth int) bool {
	end := open + 2 // ] and } follow [ and { by two
	r.at++
	r.space()
	if r.take(end) {
		return true
	}
	for {
		if open == '{' {
			if _, _, ok := r.quoted(); !ok {
				return false
			}
			r.space()
			if !r.take(':') {
				return false
			}
			r.space()
		}
		if !r.skip(depth + 1) {
			return false
		}
		r.space()
		if r.take(end) {
			return true
		}
		if !r.take(',') {
			return false
		}
		r.space()
	}
}

// number skips a number.
func (r *reader) number() bool {
	if !r.digits() {
		return false
	}
	if r.take('.') && !r.someDigits() {
		return false
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		return r.someDigits()
	}
	return true
}

func (r *reader) someDigits() bool {
	start := r.at
	for r.peek() >= '0' && r.peek() <= '9' {
		r.at++
	}
	return r.at > start
}
