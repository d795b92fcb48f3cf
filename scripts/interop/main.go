// Checks a demo folder with the transparency-dev and golang.org/x/mod implementations. One argument: the folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/formats/log"
	logproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func read(name string) []byte {
	bytes, err := os.ReadFile(filepath.Join(os.Args[1], name))
	check(name, err)
	return bytes
}

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("log.vkey"))))
	check("x/mod note: vkey", err)
	_, err = note.Open(read("checkpoint"), note.VerifierList(verifier))
	check("x/mod note: checkpoint", err)
	_, _, _, err = log.ParseCheckpoint(read("checkpoint"), verifier.Name(), verifier)
	check("formats/log: checkpoint", err)
	var receipt logproof.TLogProof
	check("formats/proof: tlog-proof", receipt.Unmarshal(read("receipt.tlog-proof")))
	tree, _, _, err := log.ParseCheckpoint(receipt.Checkpoint, verifier.Name(), verifier)
	check("formats/log: checkpoint of the proof", err)
	hashes := make([][]byte, len(receipt.Hashes))
	path := make(tlog.RecordProof, len(receipt.Hashes))
	for i := range receipt.Hashes {
		hashes[i] = receipt.Hashes[i][:]
		path[i] = tlog.Hash(receipt.Hashes[i])
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(read("entry.bin"))
	check("merkle: inclusion", proof.VerifyInclusion(rfc6962.DefaultHasher, receipt.Index, tree.Size, leaf, hashes, tree.Hash))
	var root tlog.Hash
	copy(root[:], tree.Hash)
	record := tlog.RecordHash(read("entry.bin"))
	check("x/mod tlog: record", tlog.CheckRecord(path, int64(tree.Size), root, int64(receipt.Index), record))
}
