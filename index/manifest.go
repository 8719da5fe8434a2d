package index

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// A window's manifest names the segment files that together hold its events from the first on. A segment file that it does not
// name is a left-over. Drawn in FORMAT.md.
const (
	manifestName  = "segments"
	manifestTitle = "annals index 1"
	segmentSuffix = ".seg"
)

type manifestEntry struct {
	name       string
	first, end uint64
}

// segmentName returns a name that no other segment has had: a window that is built again has segments of the same seqs.
func segmentName(first, end uint64, nonce uint64) string {
	return fmt.Sprintf("%d-%d-%016x%s", first, end, nonce, segmentSuffix)
}

func encodeManifest(entries []manifestEntry) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, manifestTitle)
	for _, e := range entries {
		fmt.Fprintf(&b, "segment %d %d %s\n", e.first, e.end, e.name)
	}
	fmt.Fprintf(&b, "sum %016x\n", xxhash.Sum64(b.Bytes()))
	return b.Bytes()
}

// decodeManifest accepts nothing but what encodeManifest writes.
func decodeManifest(b []byte) ([]manifestEntry, error) {
	var entries []manifestEntry
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 0; lines.Scan(); n++ {
		if n == 0 || strings.HasPrefix(lines.Text(), "sum ") {
			continue
		}
		var e manifestEntry
		if _, err := fmt.Sscanf(lines.Text(), "segment %d %d %s", &e.first, &e.end, &e.name); err != nil {
			return nil, fmt.Errorf("%w: manifest line %d", errFormat, n+1)
		}
		if e.name != filepath.Base(e.name) || !strings.HasSuffix(e.name, segmentSuffix) {
			return nil, fmt.Errorf("%w: manifest line %d", errFormat, n+1)
		}
		entries = append(entries, e)
	}
	if !bytes.Equal(b, encodeManifest(entries)) {
		return nil, fmt.Errorf("%w: manifest checksum", errFormat)
	}
	return entries, nil
}

// writeManifest makes the manifest of a directory name the entries.
func (d *disk) writeManifest(dir string, entries []manifestEntry) error {
	err := d.writeFile(filepath.Join(dir, manifestName), func(w io.Writer) error {
		_, err := w.Write(encodeManifest(entries))
		return err
	})
	if err != nil {
		return fmt.Errorf("write index manifest: %w", err)
	}
	return nil
}

// isDamage reports whether what loadSegments says is the files' fault: their bytes are wrong or one is missing. Anything else, such as too
// many open files, says nothing about them.
func isDamage(err error) bool { return errors.Is(err, errFormat) || errors.Is(err, os.ErrNotExist) }

// loadSegments opens the segments that the manifest names. They must hold the events from first on without a gap and none
// beyond end; else none is returned, with the reason. A window without a manifest has no segments.
func (d *disk) loadSegments(dir string, first, end uint64) (segments []*segment, err error) {
	var b []byte
	path := filepath.Join(dir, manifestName)
	err = d.try("read", path, func() (err error) {
		b, err = os.ReadFile(path)
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := decodeManifest(b)
	if err != nil {
		return nil, err
	}
	next := first
	for _, e := range entries {
		s, err := d.mapSegment(filepath.Join(dir, e.name), true)
		if err == nil {
			segments = append(segments, s)
			if s.first != next || s.first != e.first || s.end != e.end || s.end > end {
				err = fmt.Errorf("%w: %s holds seqs %d to %d, wanted from %d to at most %d", errFormat, e.name, s.first, s.end, next, end)
			}
		}
		if err != nil {
			for _, s := range segments {
				s.free()
			}
			return nil, err
		}
		next = s.end
	}
	return segments, nil
}

// sweep removes what is the index's in dir and not among the segments to keep.
func (d *disk) sweep(dir string, keep []*segment) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, s := range keep {
		kept[filepath.Base(s.path)] = true
	}
	var errs []error
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".tmp")
		temp := name != f.Name()
		ours := name == manifestName && (temp || len(keep) == 0) || strings.HasSuffix(name, segmentSuffix) && !kept[f.Name()]
		if ours {
			errs = append(errs, d.remove(filepath.Join(dir, f.Name())))
		}
	}
	return errors.Join(errs...)
}
