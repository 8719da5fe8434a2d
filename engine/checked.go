package engine

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/blevesearch/mmap-go"
	"github.com/cespare/xxhash/v2"
)

// checkedHeadBytes is how long the head of a checked file is, a magic (8) and two numbers.
const checkedHeadBytes = 24

// writeChecked writes a file durably with the xxhash64 of its content at its end.
func writeChecked(path string, body func(io.Writer) error) error {
	temp := path + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, buffered := xxhash.New(), bufio.NewWriterSize(f, 1<<20)
	if err := body(io.MultiWriter(buffered, sum)); err != nil {
		return err
	}
	if _, err := buffered.Write(sumBytes(sum)); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

func sumBytes(h hash.Hash64) []byte { return binary.LittleEndian.AppendUint64(nil, h.Sum64()) }

// mappedFile is a file in memory.
type mappedFile struct {
	file *os.File
	data mmap.MMap
}

func (m mappedFile) close() error { return errors.Join(m.data.Unmap(), m.file.Close()) }

// mapChecked maps a file that writeChecked wrote and checks magic and checksum. What is wrong with the file itself is ErrDamaged.
func mapChecked(path, magic string) (m mappedFile, err error) {
	if m.file, err = os.Open(path); err != nil {
		return m, err
	}
	info, err := m.file.Stat()
	if err == nil && info.Size() < checkedHeadBytes+8 {
		err = fmt.Errorf("%w: %s: %d bytes", ErrDamaged, path, info.Size())
	}
	if err == nil {
		err = readChecked(m.file, info.Size()-8, magic)
	}
	if err == nil {
		m.data, err = mmap.Map(m.file, mmap.RDONLY, 0)
	}
	if err != nil {
		return m, errors.Join(fmt.Errorf("map %s: %w", path, err), m.file.Close())
	}
	return m, nil
}

// readChecked checks magic and checksum of a file of size bytes and a checksum. It reads the file, because what is read through a mapping counts as
// memory in use.
func readChecked(f *os.File, size int64, magic string) error {
	sum, buf := xxhash.New(), make([]byte, 1<<17)
	if _, err := io.CopyBuffer(sum, onlyReader{io.NewSectionReader(f, 0, size)}, buf); err != nil {
		return err
	}
	var begin, end [8]byte
	if _, err := f.ReadAt(begin[:], 0); err != nil {
		return err
	}
	if _, err := f.ReadAt(end[:], size); err != nil {
		return err
	}
	if string(begin[:]) != magic || sum.Sum64() != binary.LittleEndian.Uint64(end[:]) {
		return fmt.Errorf("%w: checksum or version", ErrDamaged)
	}
	return nil
}

// onlyReader hides WriteTo, so that a copy uses the buffer it is given.
type onlyReader struct{ io.Reader }
