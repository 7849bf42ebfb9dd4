package spill

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/harrier-detect/harrier/internal/event"
)

// States of aggregates are written field by field, so that no aggregate has to say how. A state is compared with a fresh one of the same
// aggregate: what both share, such as arguments that are constant, is not written, and neither are functions; reading begins with a fresh
// state, which brings them along.

var valueType = reflect.TypeFor[event.Value]()

// AppendState appends what live, a pointer, holds beyond fresh, a new value of the same making. The error names what cannot be written.
func AppendState(dst []byte, live, fresh any) ([]byte, error) {
	l, f := reflect.ValueOf(live), reflect.ValueOf(fresh)
	if l.Kind() != reflect.Pointer || l.Type() != f.Type() {
		return nil, fmt.Errorf("%T is no state like %T", live, fresh)
	}
	return appendState(dst, l.Elem(), f.Elem())
}

// ReadState makes fresh, a pointer to a new value, what AppendState has written, and returns what follows.
func ReadState(data []byte, fresh any) ([]byte, error) {
	r := &reader{data: data}
	r.state(reflect.ValueOf(fresh).Elem())
	if r.bad {
		return nil, errDamaged
	}
	return r.data, nil
}

// open returns the field without the mark that it is not exported: states are of other packages.
func open(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// Whether a reference is nil, the fresh state's own, or written.
const (
	isNil = iota
	isShared
	isWritten
)

// shared reports whether two references of one type are one.
func shared(v, fresh reflect.Value) bool {
	if !fresh.IsValid() || fresh.IsNil() {
		return false
	}
	if v.Kind() == reflect.Slice {
		return v.Len() == fresh.Len() && v.Len() > 0 && v.UnsafePointer() == fresh.UnsafePointer()
	}
	return v.UnsafePointer() == fresh.UnsafePointer()
}

// appendState appends a value; fresh is the zero Value where the fresh state has nothing to compare with.
func appendState(dst []byte, v, fresh reflect.Value) ([]byte, error) {
	if v.Type() == valueType {
		return AppendValue(dst, v.Interface().(event.Value)), nil
	}
	var err error
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(dst, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(dst, v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float())), nil
	case reflect.String:
		return appendText(dst, v.String()), nil
	case reflect.Struct:
		for i := range v.NumField() {
			f := reflect.Value{}
			if fresh.IsValid() {
				f = open(fresh.Field(i))
			}
			if dst, err = appendState(dst, open(v.Field(i)), f); err != nil {
				return nil, err
			}
		}
		return dst, nil
	case reflect.Array:
		for i := range v.Len() {
			if dst, err = appendState(dst, v.Index(i), reflect.Value{}); err != nil {
				return nil, err
			}
		}
		return dst, nil
	case reflect.Func:
		if v.IsNil() || fresh.IsValid() && !fresh.IsNil() {
			return dst, nil
		}
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		switch {
		case v.IsNil():
			return append(dst, isNil), nil
		case v.Kind() == reflect.Interface:
			// What a state wraps is written when the fresh one wraps the like.
			if !fresh.IsValid() || fresh.IsNil() || v.Elem().Type() != fresh.Elem().Type() || v.Elem().Kind() != reflect.Pointer {
				break
			}
			if shared(v.Elem(), fresh.Elem()) {
				return append(dst, isShared), nil
			}
			return appendState(append(dst, isWritten), v.Elem().Elem(), fresh.Elem().Elem())
		case shared(v, fresh):
			return append(dst, isShared), nil
		}
		dst = append(dst, isWritten)
		switch v.Kind() {
		case reflect.Pointer:
			f := reflect.Value{}
			if fresh.IsValid() && !fresh.IsNil() {
				f = fresh.Elem()
			}
			return appendState(dst, v.Elem(), f)
		case reflect.Slice:
			dst = binary.AppendUvarint(dst, uint64(v.Len()))
			for i := range v.Len() {
				if dst, err = appendState(dst, v.Index(i), reflect.Value{}); err != nil {
					return nil, err
				}
			}
			return dst, nil
		case reflect.Map:
			dst = binary.AppendUvarint(dst, uint64(v.Len()))
			for it := v.MapRange(); it.Next(); {
				if dst, err = appendState(dst, addressable(it.Key()), reflect.Value{}); err != nil {
					return nil, err
				}
				if dst, err = appendState(dst, addressable(it.Value()), reflect.Value{}); err != nil {
					return nil, err
				}
			}
			return dst, nil
		}
	}
	return nil, fmt.Errorf("a %s cannot be written", v.Type())
}

func addressable(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	return out
}

// state reads a value into v, which holds what a fresh state has there.
func (r *reader) state(v reflect.Value) {
	if r.bad {
		return
	}
	if v.Type() == valueType {
		v.Set(reflect.ValueOf(r.value()))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.byte() != 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.varint())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.uvarint())
	case reflect.Float32, reflect.Float64:
		v.SetFloat(math.Float64frombits(r.word()))
	case reflect.String:
		v.SetString(r.text())
	case reflect.Struct:
		for i := range v.NumField() {
			r.state(open(v.Field(i)))
		}
	case reflect.Array:
		for i := range v.Len() {
			r.state(v.Index(i))
		}
	case reflect.Func:
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		switch r.byte() {
		case isNil:
			v.SetZero()
		case isWritten:
			r.reference(v)
		}
	}
}

func (r *reader) reference(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			r.fail()
			return
		}
		r.state(v.Elem().Elem())
	case reflect.Pointer:
		own := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			own.Elem().Set(v.Elem()) // with the functions that the fresh state brings
		}
		v.Set(own)
		r.state(own.Elem())
	case reflect.Slice:
		n := r.count()
		if n > len(r.data) && v.Type().Elem().Size() > 0 {
			r.fail()
			return
		}
		s := reflect.MakeSlice(v.Type(), n, n)
		for i := range n {
			r.state(s.Index(i))
		}
		v.Set(s)
	case reflect.Map:
		n := r.count()
		m := reflect.MakeMapWithSize(v.Type(), min(n, len(r.data)))
		for range n {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			r.state(key)
			if r.state(elem); r.bad {
				return
			}
			m.SetMapIndex(key, elem)
		}
		v.Set(m)
	}
}
