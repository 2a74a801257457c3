/**
 * `dateutil.relativedelta` for CPython, as far as programs of language models use it: relative and absolute parts, sums,
 * differences, multiples, and the difference of two dates. Weekdays and leap-day rules are left out.
 */
export const RELATIVEDELTA = `
class relativedelta:
    def __init__(self, dt1=None, dt2=None, *, years=0, months=0, weeks=0, days=0, hours=0, minutes=0, seconds=0,
                 microseconds=0, **absolute):
        unknown = set(absolute) - {'year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond'}
        if unknown:
            raise TypeError(f'relativedelta() got an unexpected keyword argument {min(unknown)!r}')
        self.absolute = {name: value for name, value in absolute.items() if value is not None}
        self._set(years * 12 + months, datetime.timedelta(days=days + 7 * weeks, hours=hours, minutes=minutes,
                                                          seconds=seconds, microseconds=microseconds))
        if dt1 is not None and dt2 is not None:
            total = (dt1.year - dt2.year) * 12 + dt1.month - dt2.month
            step = -1 if dt1 > dt2 else 1
            while (dt2 + relativedelta(months=total) > dt1) if dt1 > dt2 else (dt2 + relativedelta(months=total) < dt1):
                total += step
            self._set(total, dt1 - (dt2 + relativedelta(months=total)))

    def _set(self, months, rest):
        sign = -1 if months < 0 else 1
        self.years, self.months = sign * (abs(months) // 12), sign * (abs(months) % 12)
        sign = -1 if rest < datetime.timedelta(0) else 1
        size = abs(rest)
        self.days = sign * size.days
        self.hours, self.minutes = sign * (size.seconds // 3600), sign * (size.seconds // 60 % 60)
        self.seconds, self.microseconds = sign * (size.seconds % 60), sign * size.microseconds

    @property
    def weeks(self):
        return int(self.days / 7)

    def _rest(self):
        return datetime.timedelta(days=self.days, hours=self.hours, minutes=self.minutes, seconds=self.seconds,
                                  microseconds=self.microseconds)

    def __add__(self, other):
        if isinstance(other, relativedelta):
            both = relativedelta(months=(self.years + other.years) * 12 + self.months + other.months)
            both._set(both.years * 12 + both.months, self._rest() + other._rest())
            both.absolute = {**self.absolute, **other.absolute}
            return both
        if isinstance(other, datetime.timedelta):
            return self + relativedelta(seconds=other.total_seconds())
        if not isinstance(other, datetime.date):
            return NotImplemented
        year = self.absolute.get('year', other.year)
        month = self.absolute.get('month', other.month)
        months = year * 12 + month - 1 + self.years * 12 + self.months
        year, month = months // 12, months % 12 + 1
        day = min(self.absolute.get('day', other.day), calendar.monthrange(year, month)[1])
        clock = {name: value for name, value in self.absolute.items() if name not in ('year', 'month', 'day')}
        moved = other.replace(year=year, month=month, day=day, **clock)
        rest = self._rest()
        if not isinstance(moved, datetime.datetime) and rest != datetime.timedelta(days=rest.days):
            moved = datetime.datetime(moved.year, moved.month, moved.day)
        return moved + rest

    __radd__ = __add__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other if isinstance(other, relativedelta) else NotImplemented

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, times):
        product = relativedelta()
        product._set(int((self.years * 12 + self.months) * times), self._rest() * times)
        product.absolute = self.absolute
        return product

    __rmul__ = __mul__

    def __eq__(self, other):
        return isinstance(other, relativedelta) and vars(self) == vars(other)

    def __repr__(self):
        names = ('years', 'months', 'days', 'hours', 'minutes', 'seconds', 'microseconds')
        parts = [f'{name}={getattr(self, name):+d}' for name in names if getattr(self, name)]
        return f"relativedelta({', '.join(parts + [f'{name}={value!r}' for name, value in self.absolute.items()])})"

dateutil = types.ModuleType('dateutil')
dateutil.__path__ = []
dateutil.relativedelta = types.ModuleType('dateutil.relativedelta')
dateutil.relativedelta.relativedelta = relativedelta
sys.modules['dateutil'] = dateutil
sys.modules['dateutil.relativedelta'] = dateutil.relativedelta
`;

/**
 * The same for Monty, which has no classes: a function that gives a timedelta for days and less, and says that it lacks
 * the rest.
 */
export const RELATIVEDELTA_FUNCTION = `def __relativedelta__(*dates, days=0, weeks=0, hours=0, minutes=0, seconds=0, **rest):
    if dates or rest: raise NotImplementedError('relativedelta in months, in years or between dates')
    return __timedelta__(days=days, weeks=weeks, hours=hours, minutes=minutes, seconds=seconds)
`;
