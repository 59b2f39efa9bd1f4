// Times are UTC in the page; whoever reads may have them in any zone.
export class Zone {
  constructor(input, list, changed) {
    this.input = input;
    this.name = this.known(new URLSearchParams(location.search).get('tz')) ?? 'UTC';
    input.value = this.name;
    input.disabled = false;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const name of new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')]))
      list.append(new Option(name));
    input.addEventListener('focus', () => input.select());
    input.addEventListener('change', () => {
      const name = this.known(input.value.trim() || 'UTC');
      input.setAttribute('aria-invalid', name ? 'false' : 'true');
      input.title = name ? '' : 'There is no such time zone: choose one of the list';
      if (!name) return;
      this.name = name;
      changed();
    });
  }

  known(name) {
    try {
      return name && new Intl.DateTimeFormat('en', { timeZone: name }) && name;
    } catch {
      return null;
    }
  }

  write(page) {
    for (const time of page.querySelectorAll('time')) {
      // A day is UTC's, whoever reads it: its row is.
      const zone = time.dataset.form === 'day' ? 'UTC' : this.name;
      const text = Zone.text(new Date(time.dateTime), time.dataset.form, zone);
      if (time.textContent !== text) time.textContent = text;
      time.title = zone;
    }
  }

  static text(date, form, zone) {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    }).formatToParts(date).map(part => [part.type, part.value]));
    const day = `${parts.year}-${parts.month}-${parts.day}`, minute = `${parts.hour}:${parts.minute}`;
    return { day, hour: `${day} ${minute}`, minute, second: `${day} ${minute}:${parts.second}` }[form];
  }
}
