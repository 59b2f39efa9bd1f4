// Sorts the rows that are there; the order stands in the link as column and direction.
export class Table {
  constructor(remember) {
    const [column, direction] = (new URLSearchParams(location.search).get('sort') ?? '0 descending').split(' ');
    this.column = Number(column);
    this.direction = direction === 'ascending' ? 'ascending' : 'descending';
    document.addEventListener('click', event => {
      const head = event.target.closest('#table th');
      if (!head) return;
      const turned = this.direction === 'ascending' ? 'descending' : 'ascending';
      this.direction = head.cellIndex === this.column ? turned : head.cellIndex === 1 ? 'ascending' : 'descending';
      this.column = head.cellIndex;
      this.sort();
      remember('sort', `${this.column} ${this.direction}`);
    });
  }

  sort() {
    const table = document.getElementById('table');
    if (!table) return;
    [...table.tHead.rows[0].cells].forEach((head, place) => head.setAttribute('aria-sort', place === this.column ? this.direction : 'none'));
    // As the server wrote them: the newest first.
    if (this.column === 0 && this.direction === 'descending' && !this.sorted) return;
    this.sorted = true;
    const sign = this.direction === 'ascending' ? 1 : -1, isText = this.column < 2;
    const value = row => row.cells[this.column].dataset.v;
    const rows = [...table.tBodies[0].rows].map(row => [value(row), row]);
    // What is unknown stands last, whichever the direction.
    rows.sort(([a], [b]) => isText ? sign * (a < b ? -1 : a > b ? 1 : 0) : (a === '') - (b === '') || sign * (a - b));
    table.tBodies[0].replaceChildren(...rows.map(([, row]) => row));
  }
}
