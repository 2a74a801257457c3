import { RELATIVEDELTA } from './python-relativedelta.ts';

/**
 * The Python side of the Pyodide sandbox; its state, with these modules imported, is what the snapshot holds. `run` gives
 * JSON: status, stdout, and value or error.
 */
export const HARNESS = `
import ast, builtins, io, json, sys, types
import bisect, calendar, cmath, collections, copy, dataclasses, datetime, decimal, enum, fractions, functools, heapq
import itertools, math, operator, random, re, statistics, string, textwrap, time, typing

class Output(io.TextIOBase):
    def __init__(self, limit):
        self.left = limit
        self.pieces = []
        self.truncated = False

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError('write() argument must be str, not ' + type(text).__name__)
        if not self.truncated:
            data = text[:self.left + 1].encode('utf-8', 'replace')
            if len(data) > self.left or len(text) > self.left:
                self.truncated = True
                data = data[:self.left]
            self.left -= len(data)
            self.pieces.append(data.decode('utf-8', 'ignore'))
        return len(text)

class Dropped(io.TextIOBase):
    def write(self, text):
        return len(text)

def line_of(error):
    line = getattr(error, 'lineno', None) if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == '<program>':
            line = trace.tb_lineno
        trace = trace.tb_next
    return line

def run(code, result, limit):
    output = Output(limit)
    sys.stdout = output
    sys.stderr = Dropped()
    reply = {'status': 'ok'}
    scope = {'__name__': '__main__', '__builtins__': builtins}
    none = value = object()
    try:
        tree = ast.parse(code, '<program>')
        last = None
        if result is None and tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        try:
            exec(compile(tree, '<program>', 'exec'), scope)
        except SystemExit:
            last = None
        if result is not None:
            value = eval(result, scope)
        elif last is not None:
            value = eval(compile(last, '<program>', 'eval'), scope)
            if value is None:
                value = none
        if value is not none:
            text = str(value)
            if len(text) > limit:
                output.truncated = True
            reply['value'] = text[:limit]
    except ModuleNotFoundError as error:
        if error.name:
            reply = {'status': 'unsupported', 'missing': error.name.split('.')[0]}
        else:
            reply = {'status': 'error', 'error': 'ModuleNotFoundError: ' + str(error)}
    except MemoryError:
        reply = {'status': 'memory'}
    except BaseException as error:
        text = str(error).split('\\n')[0][:500]
        line = line_of(error)
        if isinstance(error, SyntaxError) and error.msg:
            text = error.msg
        reply = {'status': 'error', 'error': type(error).__name__ + (': ' + text if text else '') + (f' (line {line})' if line else '')}
    reply['stdout'] = ''.join(output.pieces)
    reply['truncated'] = output.truncated
    return json.dumps(reply)

${RELATIVEDELTA}
jail = types.ModuleType('_jail')
jail.run = run
sys.modules['_jail'] = jail
`;
