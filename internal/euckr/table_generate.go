//go:build ignore

// This program writes table.bin.
package main

import (
	"log"
	"os"

	"golang.org/x/text/encoding/korean"
)

func main() {
	table := make([]byte, 1<<16/8)
	for c := rune(0); c < 1<<16; c++ {
		encoded, err := korean.EUCKR.NewEncoder().String(string(c))
		// The encoder also writes the extension, whose letters have a byte below 0xA1.
		strict := len(encoded) == 1 || len(encoded) == 2 && encoded[0] >= 0xA1 && encoded[1] >= 0xA1
		if err == nil && strict {
			table[c/8] |= 1 << (c % 8)
		}
	}
	if err := os.WriteFile("table.bin", table, 0o644); err != nil {
		log.Fatal(err)
	}
}
