package index

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/blevesearch/mmap-go"
	"github.com/cespare/xxhash/v2"
)

// disk does the index's file operations. Fault, when set by a test, is asked before each step, and after it as well, and its
// error is taken for the step's own.
type disk struct {
	fault func(step, path string) error
}

func (d *disk) try(step, path string, do func() error) error {
	if d.fault == nil {
		return do()
	}
	if err := d.fault(step, path); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return d.fault(step+" done", path)
}

// writeFile makes path hold what fill writes. On return it is there durably and whole; after an error or a crash it is there whole, as
// it was before, or not at all, and something may be left under the temporary name, which the next OpenWindow removes.
func (d *disk) writeFile(path string, fill func(io.Writer) error) error {
	temp := path + ".tmp"
	err := d.writeTemp(temp, fill)
	if err == nil {
		err = d.try("rename", path, func() error { return os.Rename(temp, path) })
	}
	if err != nil {
		return errors.Join(err, d.remove(temp))
	}
	return d.try("sync directory", path, func() error { return syncDir(filepath.Dir(path)) })
}

func (d *disk) writeTemp(temp string, fill func(io.Writer) error) error {
	var f *os.File
	err := d.try("create", temp, func() (err error) {
		f, err = os.Create(temp)
		return err
	})
	if f == nil {
		return err
	}
	defer f.Close()
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<18)
	if err := d.try("write", temp, func() error { return errors.Join(fill(b), b.Flush()) }); err != nil {
		return fmt.Errorf("write %s: %w", temp, err)
	}
	if err := d.try("sync", temp, f.Sync); err != nil {
		return fmt.Errorf("sync %s: %w", temp, err)
	}
	return f.Close()
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// remove removes a file; one that is not there is fine.
func (d *disk) remove(path string) error {
	err := d.try("remove", path, func() error { return os.Remove(path) })
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// mapSegment maps a segment file. With verify, its checksums are compared first; they are read from the file and not through the
// mapping, whose pages would count as memory in use.
func (d *disk) mapSegment(path string, verify bool) (*segment, error) {
	var f *os.File
	err := d.try("open", path, func() (err error) {
		f, err = os.Open(path)
		return err
	})
	if f == nil {
		return nil, err
	}
	defer f.Close()
	if err != nil {
		return nil, err
	}
	if verify {
		if err := d.try("read", path, func() error { return verifySegment(f) }); err != nil {
			return nil, fmt.Errorf("verify %s: %w", path, err)
		}
	}
	var m mmap.MMap
	err = d.try("map", path, func() (err error) {
		m, err = mmap.Map(f, mmap.RDONLY, 0)
		return err
	})
	if err != nil {
		if m != nil {
			err = errors.Join(err, m.Unmap())
		}
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	s, err := openSegment(m)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), m.Unmap())
	}
	s.path = path
	if err := s.giveBack(); err != nil { // opening samples the whole dictionary
		return nil, errors.Join(fmt.Errorf("give back pages of %s: %w", path, err), m.Unmap())
	}
	s.release = m.Unmap
	s.remove = func() error { return d.remove(path) }
	return s, nil
}

// verifySegment compares the checksum of every section.
func verifySegment(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < int64(footerBytes) {
		return errFormat
	}
	foot := make([]byte, footerBytes)
	if _, err := f.ReadAt(foot, info.Size()-int64(footerBytes)); err != nil {
		return err
	}
	l, err := parseFooter(foot, uint64(info.Size()))
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<18)
	digest := xxhash.New()
	for i, s := range l.sections {
		digest.Reset()
		part := io.NewSectionReader(f, int64(s.offset), int64(s.length))
		if _, err := io.CopyBuffer(digest, onlyReader{part}, buf); err != nil {
			return err
		}
		if digest.Sum64() != s.sum {
			return fmt.Errorf("%w: checksum of section %d", errFormat, i)
		}
	}
	return nil
}

// onlyReader hides WriteTo, so that a copy uses the buffer it is given.
type onlyReader struct{ io.Reader }
