import classes from './Brand.module.css';

export const Brand = () => (
  <span className={classes.brand}>
    <img src="/favicon.svg" alt="" width={28} height={28} />
    cabina
  </span>
);
